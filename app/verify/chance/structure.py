"""Which elements share a decision, and which decisions are the same one again: what is left are independent."""

from typing import NamedTuple

import numpy as np

from app.core.arrays import Shape
from app.verify.chance import patterns
from app.verify.chance.check import LEVEL, Check, Detectable, certain
from app.verify.chance.decisions import Decisions
from app.verify.findings import Finding, finding


class Structure(NamedTuple):
    """Decisions without those that are the same again.

    noise_shape : the one that was seen. checks, findings : what was looked at, and found; explained : checks whose
    failure is explained by what was found.
    """

    decisions: Decisions
    noise_shape: Shape
    checks: list[Check]
    findings: list[Finding]

    @property
    def explained(self) -> set[str]:
        """Those of the same kind; and neighbours, where a period shows how simple the generator is."""
        repeated = any(found.code == "mask_repeated" for found in self.findings)
        return {"axes", "calls", "periods", *(["lags"] if repeated else [])} if self.findings else set()


def structure(elements: Decisions, noise_shape: Shape, p: float) -> Structure:
    """What the decisions of single elements come to, for a claimed noise shape."""
    found = _shared(elements, noise_shape, p)
    for step in (_calls, _periods):
        found = step(found, p)
    return found


def _shared(elements: Decisions, noise_shape: Shape, p: float) -> Structure:
    mixed = elements.mixed(noise_shape)
    checks = [] if noise_shape == elements.known.shape else [_sharing(mixed, elements)]
    decisions = elements if mixed else elements.over(noise_shape)
    if decisions.count and max(decisions.known.shape, default=1) > 1:
        checks.append(patterns.axes(decisions, p))
    seen = _seen(decisions, p)
    findings = [] if seen == noise_shape else [_finding(noise_shape, seen, checks)]
    return Structure(decisions.over(seen), seen, checks, findings)


def _sharing(mixed: int, elements: Decisions) -> Check:
    """Elements that share a decision are all dropped or all kept.

    Statistic: how many decisions do both. Chance has no part. Power: decisions that are not shared by n known elements
    show it with probability 1 - pⁿ - (1-p)ⁿ each.
    """
    law = "elements that share a decision are all dropped or all kept"
    told = "any element on its own" if elements.count else "nothing: no element tells a decision"
    return certain("noise_shape", law, mixed, Detectable(told, None, 2))


def _seen(decisions: Decisions, p: float) -> Shape:
    """The noise shape without the axes that are constant by more than chance."""
    shape = decisions.known.shape
    shared = [axis for axis in decisions.constant() if patterns.along(decisions, axis, p) < LEVEL - np.log(len(shape))]
    return tuple(1 if axis in shared else length for axis, length in enumerate(shape))


def _finding(claimed: Shape, seen: Shape, checks: list[Check]) -> Finding:
    chance = min(check.p_value for check in checks)
    if seen == (1, *claimed[1:]):
        said = f"all {claimed[0]} entries of the first axis have the same mask, expected one of its own for each"
        return finding("mask_repeated", said, expected=list(claimed), seen=list(seen), p_value=chance)
    said = f"decisions have the shape {list(seen)}, expected {list(claimed)}"
    return finding("wrong_noise_shape", said, expected=list(claimed), seen=list(seen), p_value=chance)


def _calls(found: Structure, p: float) -> Structure:
    """The outputs without those that have the mask of the one before."""
    decisions = found.decisions
    if decisions.calls == 1 or not decisions.count:
        return found
    check = patterns.calls(decisions, p)
    found.checks.append(check)
    if check.log_p > LEVEL or check.statistic != 1:
        return found
    masks = decisions.dropped.reshape(decisions.calls, -1)
    new = np.append(True, (masks[1:] != masks[:-1]).any(1))
    said = f"{decisions.calls} outputs have {new.sum()} different masks, expected {decisions.calls}"
    frozen = finding("mask_frozen", said, expected=decisions.calls, seen=int(new.sum()), p_value=check.p_value)
    distinct = Decisions(dropped=decisions.dropped[new], known=decisions.known)
    return found._replace(decisions=distinct, findings=[*found.findings, frozen])


def _periods(found: Structure, p: float) -> Structure:
    """The first period alone, if all that follows is the same again."""
    decisions = found.decisions
    if not decisions.count or decisions.dropped.size <= patterns.NEIGHBOURS:
        return found
    check = patterns.periods(decisions, p)
    found.checks.append(check)
    period = int(check.statistic or 0)
    told = any(one.code == "mask_repeated" for one in found.findings)
    if told or check.log_p > LEVEL or not patterns.repeats(decisions, period):
        return found
    said = f"the mask repeats itself after {period} decisions, expected never"
    repeated = finding("mask_repeated", said, expected=None, seen=period, p_value=check.p_value)
    return found._replace(decisions=decisions.first(period), findings=[*found.findings, repeated])
