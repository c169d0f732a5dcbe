"""What the mask law makes of an input: the outputs are held against it where a seed is claimed."""

from app.core.arrays import BoolArray, FloatArray
from app.core.draw import Draw
from app.core.dropout import Result, dropout
from app.verify.case import Case


def output_of(case: Case, sample: int = 0) -> FloatArray:
    """The law's output of the input, flat, in the type that outputs are compared in."""
    found = _replicate(case, sample, masks=False).output
    assert found is not None
    return found.reshape(-1)


def mask_of(case: Case, sample: int = 0) -> BoolArray:
    """The law's mask of the input, flat, true = kept."""
    found = _replicate(case, sample, masks=True).mask
    assert found is not None
    return found.reshape(-1)


def _replicate(case: Case, sample: int, *, masks: bool) -> Result:
    """One of both, so many samples after that which is claimed."""
    return dropout(
        case.x.astype(case.dtype, copy=False),
        layer=case.layer,
        draw=(case.draw or Draw()).replicate(sample),
        window=case.window,
        outputs=not masks,
        masks=masks,
        statistics=False,
    )
