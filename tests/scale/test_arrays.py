"""However an array is cut into blocks, and whichever engine has them: the result is that of one call."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cubed
import dask.array as da
import numpy as np
import pytest
import zarr

from app.core import FloatArray
from examples import call
from examples.cubed_array import dropped as cubed_dropped
from examples.dask_array import dropped
from examples.zarr_array import dropped as zarr_dropped
from tests.core.oracle import bits

pytestmark = [pytest.mark.scale, pytest.mark.usefixtures("one")]

SHAPE: Final = (61, 47)
LAYERS: Final[Sequence[dict[str, Any]]] = (
    {"p": 0.4, "seed": 42},
    {"p": 0.5, "seed": 2**64 - 1, "noise_shape": "null,1"},
    {"p": 0.1, "seed": 7, "variant": "alpha_dropout"},
    {"p": 0.9, "seed": 0, "variant": "stochastic_depth", "stream": 3},
)
DTYPES: Final = ("float32", "float64", "float16")


def array(number: int) -> FloatArray:
    """An array of a type that the number chooses."""
    return np.random.default_rng(number).normal(size=SHAPE).astype(DTYPES[number % len(DTYPES)])


def one_call(x: FloatArray, **layer: Any) -> FloatArray:
    """The whole at once."""
    whole: FloatArray = call.dropout(x, x.shape, [0] * x.ndim, **layer)
    return whole


def cuts(length: int, lots: random.Random) -> Iterator[int]:
    """Lengths that add up to this one, at random."""
    while length:
        yield (block := lots.randint(1, min(length, 30)))
        length -= block


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("number", range(50))
def test_every_chunking_equals_one_call(number: int) -> None:
    """Dask, two workers, two replicas: blocks of any lengths, put together, are the whole, bit for bit."""
    lots, x, layer = random.Random(number), array(number), LAYERS[number % len(LAYERS)]
    chunks = tuple(tuple(cuts(length, lots)) for length in SHAPE)
    y = dropped(da.from_array(x, chunks=chunks), **layer).compute()
    assert bits(y) == bits(one_call(x, **layer))


@pytest.mark.parametrize("number", range(50))
def test_every_chunk_shape_equals_one_call(number: int, tmp_path: Path) -> None:
    """Zarr: from a file to a file with other chunks, those at the edges cut off."""
    lots, x, layer = random.Random(number), array(number), LAYERS[number % len(LAYERS)]
    files = [
        zarr.create_array(tmp_path / name, shape=SHAPE, dtype=x.dtype, chunks=tuple(lots.randint(9, 40) for _ in SHAPE))
        for name in ("x", "y")
    ]
    files[0][:] = x
    zarr_dropped(*files, **layer)
    assert bits(files[1][:]) == bits(one_call(x, **layer))


@pytest.mark.usefixtures("workers")
def test_dask_reads_and_writes_zarr(tmp_path: Path) -> None:
    """No process has the whole: workers read their chunks, ask for them, and write them."""
    x = array(0)
    zarr.create_array(tmp_path / "x", data=x, chunks=(20, 13))
    dropped(da.from_zarr(tmp_path / "x"), p=0.4, seed=42).to_zarr(tmp_path / "y")
    assert bits(zarr.open_array(tmp_path / "y")[:]) == bits(one_call(x, p=0.4, seed=42))


@pytest.mark.parametrize("chunks", [(61, 47), (20, 47), (13, 11)])
def test_cubed_equals_one_call(chunks: tuple[int, int], tmp_path: Path) -> None:
    """Cubed: blocks that fit a memory promised beforehand."""
    x, spec = array(1), cubed.Spec(tmp_path, allowed_mem="100MB")
    y = cubed_dropped(cubed.from_array(x, chunks=chunks, spec=spec), p=0.4, seed=42)
    assert bits(y.compute()) == bits(one_call(x, p=0.4, seed=42))
