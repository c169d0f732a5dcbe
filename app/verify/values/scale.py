"""The values of elements: checks in which chance has no part, and the words for scales and rates that are wrong."""

from math import isclose, isfinite

import numpy as np

from app.verify.case import Case
from app.verify.chance.check import Check, Detectable, certain
from app.verify.findings import Finding, FindingCode, finding
from app.verify.values.floats import float_format
from app.verify.values.grid import Seen
from app.verify.values.printed import SAMPLE
from app.verify.values.reading import Reading
from app.verify.values.rules import Rule, expected, is_kept


def checks(case: Case, reading: Reading, wanted: list[Rule]) -> list[Check]:
    """What became of each element, where any of some rules is right: three checks in which chance has no part.

    What is kept is the input times one factor, what is dropped is 0, and the factor is the layer's. Statistics: how
    many elements are neither, how many are nearly 0, whether the factor is another. Power: one element is enough for
    each, and for the factor one that is off by more than two units in the last place.
    """
    told = len(case.y) * int(np.count_nonzero(reading.known))
    kept = told - int(np.count_nonzero(reading.dropped))
    one = Detectable("a single element" if told else "nothing: no element tells kept from dropped", None, 1)
    finest = 2.0 ** (1 - float_format(case.dtype).digits)
    factor = Detectable(
        f"a factor off by {finest:.2g} of itself" if kept else "nothing: no element was kept", finest, 1
    )
    wrong = bool(kept) and reading.rule is not None and reading.rule not in wanted
    return [
        certain("survivors", "what is kept is the input times one factor", reading.changed, one),
        certain("dropped", "what is dropped is 0", reading.residue, one),
        certain("scale", "that factor is the layer's", int(wrong), factor),
    ]


def findings(case: Case, reading: Reading) -> list[Finding]:
    """Elements that are neither kept nor dropped."""
    found = []
    if reading.changed:
        found.append(_changed(case, reading))
    if reading.residue:
        found.append(_residue(case, reading))
    return found


def _residue(case: Case, reading: Reading) -> Finding:
    """What was dropped to something else: how many, and what."""
    wanted, strange = expected(case.layer).dropped, reading.strange or 0.0
    what = f"{strange:.3g} or the like" if isfinite(strange) else "NaN or infinity, as by 0·∞, 0/0 or x/0"
    said = f"{reading.residue} elements were dropped to {what}, expected {wanted:.3g}"
    return finding("dropped_not_zero", said, expected=wanted, seen=strange)


def _changed(case: Case, reading: Reading) -> Finding:
    rule, wanted = reading.rule, expected(case.layer).scale
    if reading.digits:
        said = (
            f"{reading.changed} of {case.y.size} outputs are right to the {reading.digits} that they are printed with"
        )
        said += f", expected to 2 units in the last place of {case.dtype.name}"
        return finding("survivor_changed", said, expected=wanted, seen=str(reading.digits))
    said = f"{reading.changed} of {case.y.size} outputs are not the input times the factor of the others"
    if rule is None:
        said = f"{reading.changed} of {case.y.size} outputs are the input times no common factor"
    said += f", expected one for all, to 2 units in the last place of {case.dtype.name}"
    code: FindingCode = "wrong_affine" if rule is None and expected(case.layer).affine else "survivor_changed"
    return finding(code, said, expected=wanted, seen=reading.strange if rule else None)


def line(case: Case, rule: Rule) -> Finding:
    """Outputs that are an affine map of the input, of a layer that only scales."""
    said = f"what is kept is {rule.scale:.6g} · x + {rule.shift:.6g} and what is dropped {rule.dropped:.6g}, as of an "
    said += "alpha dropout, expected a factor and 0"
    return finding("survivor_changed", said, expected=expected(case.layer).scale, seen=list(rule[:3]))


def unreadable(case: Case, reading: Reading) -> bool:
    """Whether so many elements follow no rule that the others mean nothing."""
    return reading.rule is None or (2 * reading.changed > case.y.size and not reading.digits)


def visible(case: Case, reading: Reading) -> bool:
    """Whether something was kept that shows a missing scale or one where none belongs, and one applied twice."""
    wanted, p = expected(case.layer), case.layer.p
    if wanted.scale is None or not 0 < p < 1 or not case.layer.training:
        return bool(reading.known.any())
    kept = (~reading.dropped & reading.known).any(0)
    x = case.flat[kept][:SAMPLE].astype(np.float64)
    others = [Rule(1 / (1 - p))] if wanted.scale == 1 else [Rule(1.0), Rule(wanted.scale**2, wanted.shift)]
    y = x * wanted.scale + wanted.shift
    return bool(x.size) and not any(is_kept(x, y, other, case.dtype).all() for other in others)


def found(code: FindingCode, case: Case, seen: Seen, p_value: float) -> Finding:
    """The finding about a rate or a scale."""
    layer, rule = case.layer, seen.rule
    wanted = expected(layer)
    if code in ("wrong_rate", "keep_drop_swapped"):
        said = f"{seen.drops} of {seen.decisions} decisions dropped, {seen.rate:.4g} of them, expected {layer.p:.4g}"
        return finding(code, said, expected=layer.p, seen=seen.rate, p_value=p_value)
    if code in ("identity_in_training", "dropout_in_evaluation"):
        said = f"{seen.drops} of {seen.decisions} elements that are not 0 became 0, expected "
        said += "none" if not layer.training else f"a share of {layer.p:.4g}"
        return finding(code, said, expected=layer.p if layer.training else 0, seen=seen.rate, p_value=p_value)
    assert rule is not None
    if wanted.affine or (rule.affine and layer.row.shifts):
        said = f"kept is {_map(rule)}, dropped {rule.dropped:.6g}; expected {_map(wanted)}, and {wanted.dropped:.6g}"
        return finding(code, said, expected=list(wanted[:3]), seen=list(rule[:3]))
    counted = " (one over the share that was kept)" if _counted(rule, seen) else ""
    said = f"what was kept is {rule.scale:.8g} times the input{counted}, expected {_times(wanted)}"
    return finding(code, said, expected=wanted.scale, seen=rule.scale)


def _counted(rule: Rule, seen: Seen) -> bool:
    """Whether the factor makes up for what was dropped this time, not for what is dropped on average."""
    kept = seen.decisions - seen.drops
    return 0 < kept < seen.decisions and isclose(rule.scale or 0.0, seen.decisions / kept, rel_tol=1e-6)


def _map(rule: Rule) -> str:
    return f"{rule.scale:.6g} · x + {rule.shift:.6g}"


def _times(rule: Rule) -> str:
    return "nothing to be kept" if rule.scale is None else f"{rule.scale:.8g} times"
