"""What is said of rates and rules that are wrong."""

from math import isclose

from app.verify.case import Case
from app.verify.findings import Finding, FindingCode, finding
from app.verify.values.grid import RuleAndRate
from app.verify.values.rules import Rule, expected


def said_of(code: FindingCode, case: Case, seen: RuleAndRate, p_value: float = 0.0) -> Finding:
    """The finding about a rate or a scale."""
    wanted, rule = expected(case.layer), seen.rule
    if code in ("wrong_rate", "keep_drop_swapped"):
        return _rate(code, case, seen, p_value)
    if code in ("identity_in_training", "dropout_in_evaluation"):
        return _mode(code, case, seen, p_value)
    assert rule is not None
    if wanted.affine or (rule.affine and case.layer.row.shifts):
        said = f"kept is {_map(rule)}, dropped {rule.dropped:.6g}; expected {_map(wanted)}, and {wanted.dropped:.6g}"
        return finding(code, said, expected=list(wanted[:3]), seen=list(rule[:3]))
    counted = " (one over the share that was kept)" if _counted(rule, seen) else ""
    said = f"what was kept is {rule.scale:.8g} times the input{counted}, expected {_times(wanted)}"
    return finding(code, said, expected=wanted.scale, seen=rule.scale)


def _rate(code: FindingCode, case: Case, seen: RuleAndRate, p_value: float) -> Finding:
    p = case.layer.p
    said = f"{seen.drops} of {seen.decisions} decisions dropped, {seen.rate:.4g} of them, expected {p:.4g}"
    return finding(code, said, expected=p, seen=seen.rate, p_value=p_value)


def _mode(code: FindingCode, case: Case, seen: RuleAndRate, p_value: float) -> Finding:
    """That a layer is in training which should not be, or the reverse."""
    layer = case.layer
    wanted = f"a share of {layer.p:.4g}" if layer.training else "none"
    said = f"{seen.drops} of {seen.decisions} elements that are not 0 became 0, expected {wanted}"
    return finding(code, said, expected=layer.p if layer.training else 0, seen=seen.rate, p_value=p_value)


def affine(case: Case, rule: Rule) -> Finding:
    """That outputs are an affine map of the input, of a layer that only scales."""
    said = (
        f"what is kept is {rule.scale:.6g} · x + {rule.shift:.6g} and what is dropped {rule.dropped:.6g}, as of an "
        "alpha dropout, expected a factor and 0"
    )
    return finding("survivor_changed", said, expected=expected(case.layer).scale, seen=list(rule[:3]))


def _counted(rule: Rule, seen: RuleAndRate) -> bool:
    """Whether the factor makes up for what was dropped this time, not for what is dropped on average."""
    kept = seen.decisions - seen.drops
    return 0 < kept < seen.decisions and isclose(rule.scale or 0.0, seen.decisions / kept, rel_tol=1e-6)


def _map(rule: Rule) -> str:
    return f"{rule.scale:.6g} · x + {rule.shift:.6g}"


def _times(rule: Rule) -> str:
    return "nothing to be kept" if rule.scale is None else f"{rule.scale:.8g} times"
