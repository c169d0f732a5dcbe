"""Gradients that were sent, beside what the outputs show."""

from app.verify.case import Case, Outcome
from app.verify.chance.check import explain, run
from app.verify.checks import CHECKS
from app.verify.comparison import Compared, Gradients, compare, compare_each
from app.verify.findings import FINDINGS, Finding
from app.verify.forward import Forward, forward
from app.verify.gradient import Differentiated
from app.verify.values.floats import coarsest, reread
from app.verify.values.reading import Reading


def differentiated(case: Case, outcome: Outcome, reading: Reading | None, gradients: Gradients) -> Outcome:
    """The outcome with the checks of the gradients."""
    if reading is None and case.layer.row.shifts:  # noise and shift are not told apart, so no factor is known
        return outcome
    flat = Gradients(*(array.reshape(case.y.shape) for array in gradients))
    seen = None if reading is None else forward(case, reading, outcome)
    observed = Differentiated(case=case, compared=_compared(case, flat, seen), forward=seen)
    checks = run(CHECKS.gradients, observed)
    found = explain(checks, observed, case.level, outcome.findings)
    return outcome._replace(checks=[*outcome.checks, *checks], findings=[*outcome.findings, *sorted(found, key=_rank)])


def _rank(found: Finding) -> int:
    """Where a finding stands in the table: masks before scales."""
    return [*FINDINGS].index(found.code)


def _compared(case: Case, gradients: Gradients, seen: Forward | None) -> Compared:
    """The gradients held against the forward pass, as they are, or as the float32 whose text they may be."""
    compared = _in_type(case, gradients, seen)
    narrow = reread(*gradients) if compared.scaled else None
    return _in_type(case, Gradients(*narrow), seen) if narrow else compared


def _in_type(case: Case, gradients: Gradients, seen: Forward | None) -> Compared:
    """The same in the gradients' own type, where the arrays are in theirs."""
    dtype = coarsest(*gradients) if case.dtype == coarsest(case.x, case.y) else case.dtype
    return compare_each(gradients, case, dtype) if seen is None else compare(gradients, seen, case.x.shape, dtype)
