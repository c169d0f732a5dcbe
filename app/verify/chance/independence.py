"""What it means that checks of independent decisions fail: the explanation that the data speak for most."""

from app.verify.chance.check import CheckResult, Subject
from app.verify.chance.evidence import Evidence
from app.verify.chance.tails import log_p_binomial
from app.verify.findings import Finding


def explanations(seen: Evidence, rejected: list[CheckResult]) -> list[Finding]:
    """What is wrong with the decisions, but for their rate."""
    most, counts = _clearest(rejected), failed(rejected, "drops in groups")
    if most and most.check.subject == "values":  # what is chosen by value may well be as many each time
        counts = None
    if counts and most and most.check.subject == "other decisions" and counts.log_p < most.log_p:
        most = None  # and a fixed number is correlated
    found = (one.check.finding(one, seen) for one in (most, counts) if one and one.check.finding)
    return [one for one in found if one]


def failed(rejected: list[CheckResult], subject: Subject) -> CheckResult | None:
    """The clearest of the failed checks that are about a subject."""
    return next((one for one in rejected if one.check.subject == subject), None)


def _clearest(rejected: list[CheckResult]) -> CheckResult | None:
    """The check that speaks most clearly: what depends on values or places is correlated too, and vice versa."""
    return next((one for one in rejected if one.check.subject in ("values", "places", "other decisions")), None)


def rate_is_explained(seen: Evidence, rejected: list[CheckResult]) -> bool:
    """Whether a wrong rate is only that of some places, or of decisions that depend on each other."""
    most = _clearest(rejected)
    if most is None or most.check.unaffected is None:
        return False
    rest = most.check.unaffected(seen)
    return rest.count > 0 and log_p_binomial(rest.drops, rest.count, seen.p) > seen.level
