"""With PyTorch's own mask, survivors are PyTorch's bit for bit; where we differ, we chose to.

A mask of PyTorch is had by dropping ones with the same seed: its draw does not look at the values.
"""

from typing import Any

import numpy as np
import pytest

from app.core import FLOATS, BoolArray, FloatArray, Layer, dropout
from app.errors import Invalid
from tests.core.oracle import bits

torch: Any = pytest.importorskip("torch", reason="NOT HELD AGAINST PYTORCH: torch is not installed here")

pytestmark = pytest.mark.conformance

DTYPES = list(FLOATS)
PS = [0.001, 0.05, 0.1, 0.2, 0.3, 1 / 3, 0.4, 0.5, 0.9, 0.999]
SIZE = 300_000


def theirs(x: FloatArray, p: float, *, training: bool = True, seed: int = 7) -> FloatArray:
    """What torch.nn.functional.dropout makes of an array on a CPU."""
    torch.manual_seed(seed)
    return from_torch(torch.nn.functional.dropout(to_torch(x), p, training))


def to_torch(x: FloatArray) -> Any:
    """A tensor of an array; PyTorch takes bfloat16 as bits only."""
    return (
        torch.from_numpy(x.view(np.int16).copy()).view(torch.bfloat16) if is_bfloat16(x) else torch.from_numpy(x.copy())
    )


def from_torch(tensor: Any) -> FloatArray:
    """The array of a tensor."""
    half = tensor.dtype == torch.bfloat16
    x: FloatArray = tensor.view(torch.int16).numpy().view(FLOATS["bfloat16"]) if half else tensor.numpy()
    return x


def is_bfloat16(x: FloatArray) -> bool:
    return x.dtype == FLOATS["bfloat16"]


def their_mask(x: FloatArray, p: float) -> BoolArray:
    """The mask it did that with."""
    keep: BoolArray = theirs(np.ones_like(x), p) != 0
    return keep


def ours(x: FloatArray, p: float, mask: BoolArray | None = None, *, training: bool = True) -> FloatArray:
    """What we make of it with that mask."""
    y = dropout(x, layer=Layer(p=p, training=training), mask=mask).output
    assert y is not None
    return y


def normals(dtype: str) -> FloatArray:
    """Normals, all of them other than 0."""
    x: FloatArray = np.random.default_rng(3).standard_normal(SIZE).astype(dtype)
    x[x == 0] = 1
    return x


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_survivors(dtype: str, p: float) -> None:
    """Survivors have PyTorch's bits, and what PyTorch dropped is zero."""
    x = normals(dtype)
    expected, keep = theirs(x, p), their_mask(x, p)
    assert np.array_equal(expected != 0, keep)
    y = ours(x, p, keep)
    assert bits(y[keep]) == bits(expected[keep])
    assert np.array_equal(y, expected)


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_survivors(dtype: str, p: float) -> None:
    """Subnormals, overflow, infinities and both zeros survive with PyTorch's bits; NaN as NaN."""
    unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
    patterns = np.random.default_rng(4).integers(0, 2 ** (8 * unsigned.itemsize), SIZE, unsigned, endpoint=False)
    x = patterns.view(dtype)
    keep = their_mask(x, p)
    expected, y = theirs(x, p), ours(x, p, keep)
    with np.errstate(invalid="ignore"):  # looking at a signalling NaN signals
        number = keep & ~np.isnan(x)
        assert np.array_equal(np.isnan(y[keep]), np.isnan(expected[keep]))
    assert bits(y[number]) == bits(expected[number])


@pytest.mark.parametrize("p", [0.0, *PS, 1.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_evaluation(dtype: str, p: float) -> None:
    """Evaluation is PyTorch's bit for bit."""
    x = normals(dtype)
    assert bits(ours(x, p, training=False)) == bits(theirs(x, p, training=False))


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_dropped_at_p_0(dtype: str) -> None:
    """At p = 0 training is the identity here and there."""
    x = normals(dtype)
    assert bits(ours(x, 0)) == bits(theirs(x, 0)) == bits(x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_everything_is_dropped_at_p_1(dtype: str) -> None:
    """At p = 1 positive numbers are +0.0 here and there."""
    x = np.abs(normals(dtype))
    assert bits(ours(x, 1)) == bits(theirs(x, 1)) == bits(np.zeros_like(x))


# Where we differ by choice: PyTorch multiplies by 0, we select.
# dropped value, what PyTorch makes of it
CHOICES = [(-3.0, -0.0), (-0.0, -0.0), (np.nan, np.nan), (np.inf, np.nan), (-np.inf, np.nan)]


@pytest.mark.parametrize(("value", "expected"), CHOICES)
@pytest.mark.parametrize("p", [0.4, 1.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dropped_differs(dtype: str, p: float, value: float, expected: float) -> None:
    """A dropped negative is −0.0 there, a dropped NaN or infinity NaN; here each is +0.0."""
    x = np.full(1000, value, dtype)
    dropped = ~their_mask(x, p)
    there, here = theirs(x, p)[dropped], ours(x, p, ~dropped)[dropped]
    assert dropped.any()
    assert np.array_equal(there, np.full_like(there, expected), equal_nan=True)
    assert np.array_equal(np.signbit(there[~np.isnan(there)]), np.full(np.count_nonzero(~np.isnan(there)), True))
    assert bits(here) == bits(np.zeros_like(here))


def test_a_factor_beyond_the_type_differs() -> None:
    """Where float16 cannot hold 1/(1 − p), survivors are infinite there; here the layer is refused."""
    p = 1 - 2.0**-17
    x = np.ones(2_000_000, np.float16)
    assert set(theirs(x, p).tolist()) == {0.0, np.inf}
    with pytest.raises(Invalid, match="beyond float16"):
        ours(x, p)


def test_memory_differs() -> None:
    """In evaluation PyTorch returns the tensor it was given; here the output is memory of its own."""
    x = normals("float32")
    tensor = torch.from_numpy(x)
    assert torch.nn.functional.dropout(tensor, 0.4, False) is tensor
    assert not np.shares_memory(ours(x, 0.4, training=False), x)
