"""Where we differ from the frameworks, we chose to: the list of it. Each row shows itself."""

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from app.core import FloatArray, Layer
from app.errors import Invalid
from tests.conformance.measure import DTYPES, decisions, normals, ours
from tests.conformance.tensors import Theirs, backward, forward, mask_of, to_torch, torch
from tests.conformance.vision import drop_block2d, gamma, stochastic_depth
from tests.conformance.with_keras import training
from tests.conformance.with_onnx import CASES, evaluated
from tests.core.oracle import bits

pytestmark = pytest.mark.conformance

P = 0.999
"""With it, and the seed of these tests, each framework drops an array's only element."""
DROPPED = np.zeros(1, bool)
HALVES = np.ones(2_000_000, np.float16)
PLANE, IMAGE, VOLUME = (normals("float32", shape) for shape in ((30, 40), (30, 40, 20), (30, 40, 5, 5)))
LARGE, WIDE = np.ones((1, 1, 300, 300), np.float16), np.ones((1, 1, 6, 6))
SEEDS = np.zeros((1, 1, 6, 6))
SEEDS[0, 0, 2:4, 2:4] = 1


def one(value: float) -> FloatArray:
    return np.array([value], np.float32)


def pytorch(name: str, value: float, p: float = P) -> FloatArray:
    """What PyTorch makes of a value that it drops."""
    return forward(getattr(torch.nn, name)(p), one(value))


def here(value: float, variant: str = "dropout", p: float = P) -> FloatArray:
    """What we make of a value that is dropped."""
    return ours(one(value), DROPPED, variant=variant, p=p)


def shared(name: str, x: FloatArray, *noise_shape: int | None) -> tuple[int, ...]:
    """The shape of PyTorch's decisions, once it is this."""
    return decisions(mask_of(getattr(torch.nn, name)(0.4), x), Layer(noise_shape=noise_shape)).shape


def untrained() -> bool:
    """Whether ONNX's Dropout drops anything if it isn't told to."""
    ((inputs, outputs),) = CASES["test_dropout_default"].data_sets
    return not np.array_equal(inputs[0], outputs[0])


def returned(theirs: Theirs) -> bool:
    """Whether a layer returns the tensor it was given."""
    tensor = torch.ones(1)
    return theirs(tensor) is tensor


def blocks(x: FloatArray, seeds: FloatArray, block_size: int) -> Any:
    """The greatest that torchvision's DropBlock makes of an array, with these seeds."""
    return forward(drop_block2d(to_torch(seeds), block_size), x).max()


def our_blocks(x: FloatArray, dropped: FloatArray, block_size: int) -> Any:
    """The greatest of ours, where that is the final mask."""
    return ours(x, dropped == 0, variant="drop_block2d", p=0.1, block_size=block_size).max()


# framework: what is asked; there, and what comes of it; here, and what comes of it: a number or the error
CHOICES: list[tuple[str, Callable[[], Any], str, Callable[[], Any], str]] = [
    # what is dropped is selected, not multiplied by 0
    ("PyTorch: a dropped -3", lambda: pytorch("Dropout", -3), "-0", lambda: here(-3), "0"),
    ("PyTorch: a dropped NaN", lambda: pytorch("Dropout", nan), "nan", lambda: here(nan), "0"),
    ("PyTorch: a dropped infinity", lambda: pytorch("Dropout", inf), "nan", lambda: here(inf), "0"),
    ("PyTorch: -3 at p = 1", lambda: pytorch("Dropout", -3, 1), "-0", lambda: here(-3, p=1), "0"),
    ("PyTorch: NaN at p = 1", lambda: pytorch("Dropout", nan, 1), "nan", lambda: here(nan, p=1), "0"),
    (
        "PyTorch: an infinite gradient of what is dropped",
        lambda: backward(torch.nn.Dropout(P), one(1), one(inf)),
        "nan",
        lambda: ours(one(inf), DROPPED, gradient=True, p=P),
        "0",
    ),
    (
        "PyTorch: a dropped NaN in alpha dropout",
        lambda: pytorch("AlphaDropout", nan),
        "nan",
        lambda: here(nan, "alpha_dropout"),
        "-0.0274977647",
    ),
    (
        "PyTorch: -3 at p = 1 in alpha dropout",
        lambda: pytorch("AlphaDropout", -3, 1),
        "-0",
        lambda: here(-3, "alpha_dropout", 1),
        "0",
    ),
    ("ONNX: a dropped -3", lambda: evaluated(one(-3), np.float32(P))[0], "-0", lambda: here(-3), "0"),
    ("ONNX: a dropped NaN", lambda: evaluated(one(nan), np.float32(P))[0], "nan", lambda: here(nan), "0"),
    (
        "torchvision: -3 at p = 1 in stochastic depth",
        lambda: forward(stochastic_depth(1, "row"), one(-3)),
        "-0",
        lambda: here(-3, "stochastic_depth", 1),
        "0",
    ),
    # p = 1 is everything, unless that would be infinite noise; other scales are finite, or refused
    (
        "torchvision: what a seed drops with at p = 1 in DropBlock",
        lambda: gamma(1, 3, 6, 6),
        "0.25",
        lambda: Layer(variant="drop_block2d", p=1, block_size=3).rate((1, 1, 6, 6)),
        "1",
    ),
    ("ONNX: p = 1", lambda: evaluated(one(3), np.float32(1))[0], "RuntimeWarning", lambda: here(3, p=1), "0"),
    (
        "Keras: p = 1 in alpha dropout",
        lambda: forward(training("AlphaDropout", 1, "float32"), one(3)),
        "ZeroDivisionError",
        lambda: here(3, "alpha_dropout", 1),
        "0",
    ),
    (
        "Keras: p = 1 in gaussian dropout",
        lambda: forward(training("GaussianDropout", 1, "float32"), one(3)),
        "ZeroDivisionError",
        lambda: ours(one(3), variant="gaussian_dropout", p=1),
        "out_of_range",
    ),
    ("PyTorch: p is NaN", lambda: torch.nn.Dropout(nan).p, "nan", lambda: Layer(p=nan), "out_of_range"),
    (
        "PyTorch: survivors where float16 cannot hold 1/(1 - p)",
        lambda: forward(torch.nn.Dropout(1 - 2.0**-17), HALVES).max(),
        "inf",
        lambda: ours(HALVES, p=1 - 2.0**-17),
        "scale_not_finite",
    ),
    # the rank is never guessed, and a noise shape has an entry for each dimension
    (
        "PyTorch: two dimensions in Dropout1d, read as (C, L)",
        lambda: shared("Dropout1d", PLANE, None, 1),
        "(30, 1)",
        lambda: ours(PLANE, variant="dropout1d"),
        "wrong_rank",
    ),
    (
        "PyTorch: three dimensions in Dropout2d, read as (N, C, L)",
        lambda: shared("Dropout2d", IMAGE, None, None, 1),
        "(30, 40, 1)",
        lambda: ours(IMAGE, variant="dropout2d"),
        "wrong_rank",
    ),
    (
        "PyTorch: four dimensions in Dropout3d, read as (C, D, H, W)",
        lambda: shared("Dropout3d", VOLUME, None, 1, 1, 1),
        "(30, 1, 1, 1)",
        lambda: ours(VOLUME, variant="dropout3d"),
        "wrong_rank",
    ),
    (
        "Keras: a noise shape with fewer entries than dimensions",
        lambda: forward(training("Dropout", 0.4, "float32", noise_shape=(40,)), PLANE).shape,
        "(30, 40)",
        lambda: ours(PLANE, p=0.4, noise_shape=(40,)),
        "noise_shape_mismatch",
    ),
    (
        "Keras: a noise shape in alpha dropout",
        lambda: forward(training("AlphaDropout", 0.4, "float32", noise_shape=(30, 1)), PLANE).shape,
        "(30, 40)",
        lambda: ours(PLANE, variant="alpha_dropout", noise_shape=(30, 1)),
        "conflicting_fields",
    ),
    (
        "Keras: the channels of a 4-D input, if nothing is said",
        lambda: (
            decisions(
                mask_of(training("SpatialDropout2D", 0.4, "float32"), VOLUME), Layer(noise_shape=(None, 1, 1, None))
            ).shape
        ),
        "(30, 1, 1, 5)",
        lambda: Layer(variant="dropout2d").noise_over(VOLUME.shape),
        "(30, 40, 1, 1)",
    ),
    # blocks of any size, and the factor that it takes
    (
        "torchvision: even blocks",
        lambda: blocks(WIDE, SEEDS, 2),
        "RuntimeError",
        lambda: our_blocks(WIDE, SEEDS, 2),
        "1.125",
    ),
    (
        "torchvision: DropBlock's factor, size/kept = 36/32, with 1e-6 added to kept there",
        lambda: blocks(WIDE, SEEDS, 1),
        "1.12499996",
        lambda: our_blocks(WIDE, SEEDS, 1),
        "1.125",
    ),
    (
        "torchvision: DropBlock's factor in float16 where more is kept than it can count",
        lambda: blocks(LARGE, 0 * LARGE, 1),
        "0",
        lambda: our_blocks(LARGE, 0 * LARGE, 1),
        "1",
    ),
    # the modes
    ("ONNX: whether it drops if not told to", untrained, "False", lambda: Layer().training, "True"),
    (
        "PyTorch: whether evaluation returns what it was given, not a copy",
        lambda: returned(torch.nn.Dropout().eval()),
        "True",
        lambda: np.shares_memory(ours(PLANE, training=False), PLANE),
        "False",
    ),
]


def outcome(call: Callable[[], Any]) -> str:
    """What comes of it, in a word: a number to nine digits, or the error."""
    try:
        result = call()
    except Invalid as error:
        return error.faults[0].code
    except Exception as error:
        return type(error).__name__
    value = result.item() if isinstance(result, np.ndarray | np.generic) else result
    return f"{value:.9g}" if isinstance(value, float) else str(value)


@pytest.mark.filterwarnings("ignore:dropout2d. Received a 3D input:UserWarning")  # it is what the row is about
@pytest.mark.parametrize(
    ("there", "comes_there", "here", "comes_here"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES]
)
def test_choices(there: Callable[[], Any], comes_there: str, here: Callable[[], Any], comes_here: str) -> None:
    """There comes of it what the list says, and here."""
    assert outcome(there) == comes_there
    assert outcome(here) == comes_here


@pytest.mark.parametrize(("value", "expected"), [(-3.0, -0.0), (-0.0, -0.0), (nan, nan), (inf, nan), (-inf, nan)])
@pytest.mark.parametrize("p", [0.4, 1.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dropped(dtype: str, p: float, value: float, expected: float) -> None:
    """In every type a dropped negative is -0.0 in PyTorch, a dropped NaN or infinity NaN; here each is +0.0."""
    x, theirs = np.full(1000, value, dtype), torch.nn.Dropout(p)
    dropped = ~mask_of(theirs, x)
    there, here = forward(theirs, x)[dropped], ours(x, ~dropped, p=p)[dropped]
    numbers = there[~np.isnan(there)]
    assert dropped.any()
    assert np.array_equal(there, np.full_like(there, expected), equal_nan=True)
    assert np.signbit(numbers).all()
    assert bits(here) == bits(np.zeros_like(here))


def test_rounding() -> None:
    """Keras divides by 1 − p, PyTorch and we multiply by 1/(1 − p): at p = 0.1 a quarter of the survivors differ."""
    x, theirs = normals("float32", (24_000,)), training("Dropout", 0.1, "float32")
    keep = mask_of(theirs, x)
    differ = np.count_nonzero(forward(theirs, x) != ours(x, keep, p=0.1))
    assert 0.2 < differ / np.count_nonzero(keep) < 0.3
