"""Which elements share a decision, and which decisions are the same one again: what is left are independent."""

from typing import NamedTuple

from app.verify.chance.check import Check, CheckResult
from app.verify.chance.evidence import Evidence
from app.verify.findings import Finding


class Structure(NamedTuple):
    """Decisions without those that are the same again; what was checked for that, and found."""

    seen: Evidence
    results: list[CheckResult]
    findings: list[Finding]


def structure(checks: tuple[Check[Evidence], ...], seen: Evidence) -> Structure:
    """What the decisions of single elements come to: each check looks at what the one before has left."""
    results: list[CheckResult] = []
    found: list[Finding] = []
    for check in checks:
        result = check.run(seen)
        if result is None:
            continue
        results.append(result)
        left, new = check.left(result, seen) if check.left else (seen, None)
        if new and new.code in [one.code for one in found]:  # one repetition is told, and left out, once
            continue
        seen, found = left, found + ([new] if new else [])
    return Structure(seen, results, found)
