"""The check of outputs: repeated calls have masks of their own."""

from dataclasses import replace
from itertools import pairwise
from math import log

import numpy as np

from app.verify.chance.agreement import alike, correlated, pairs_to_tell
from app.verify.chance.check import CheckResult, Detectable, Measured
from app.verify.chance.decisions import Decisions
from app.verify.chance.evidence import Evidence
from app.verify.chance.tails import log_sf
from app.verify.findings import Finding, finding


def repeated(seen: Evidence) -> bool:
    """Whether there are decisions, of more than one output."""
    return seen.decisions.calls > 1 and seen.decisions.count > 0


def calls(seen: Evidence) -> Measured:
    """Outputs have masks of their own.

    Two independent masks agree in a Binomial(n, p² + (1-p)²) of n decisions. The statistic is the largest share in
    which two outputs in a row agree. The p-value is that of its upper tail, times the number of pairs. Power: one mask
    for both is found for certain from n decisions on for which (p² + (1-p)²)ⁿ is small enough.
    """
    dropped, known = seen.decisions.dropped, seen.decisions.known
    agree = [int(np.count_nonzero((a == b) & known)) for a, b in pairwise(dropped)]
    each, needed = seen.decisions.count // seen.decisions.calls, pairs_to_tell(seen.p, seen.level)
    words = "outputs with one mask" if each >= needed else "nothing: too few decisions"
    log_p = max(log_sf(max(agree) - 1, each, alike(rate)) for rate in seen.rates)
    return Measured(
        statistic=max(agree) / each if each else None,
        log_p=min(0.0, log_p + log(len(agree))),
        detectable=Detectable(words, None, needed),
    )


def distinct(result: CheckResult, seen: Evidence) -> tuple[Evidence, Finding | None]:
    """The outputs without those that have the mask of the one before."""
    decisions = seen.decisions
    if result.log_p > seen.level or result.statistic != 1:
        return seen, None
    masks = decisions.dropped.reshape(decisions.calls, -1)
    new = np.append(True, (masks[1:] != masks[:-1]).any(1))
    said = f"{decisions.calls} outputs have {new.sum()} different masks, expected {decisions.calls}"
    frozen = finding("mask_frozen", said, expected=decisions.calls, seen=int(new.sum()), p_value=result.p_value)
    return replace(seen, decisions=Decisions(dropped=decisions.dropped[new], known=decisions.known)), frozen


def correlated_outputs(result: CheckResult, _seen: Evidence) -> Finding:
    """How alike two masks are that are not the same."""
    return correlated(result, "two outputs agree in {0:.4g} of their decisions, expected as many as by chance")
