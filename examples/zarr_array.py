"""From one Zarr array to another, a chunk at a time; each process may take its share of the chunks."""

from itertools import product

import numpy as np
import zarr

from examples.call import dropout


def dropped(x, y, **call):
    """Write to the Zarr array `y` what the layer makes of the Zarr array `x`."""
    for origin in product(*map(range, [0] * y.ndim, y.shape, y.chunks)):
        block = tuple(slice(first, first + length) for first, length in zip(origin, y.chunks, strict=True))
        y[block] = dropout(x[block], x.shape, origin, **call)


if __name__ == "__main__":
    x = zarr.create_array("memory://x", shape=(900, 700), chunks=(300, 200), dtype="float32")
    x[:] = np.random.default_rng(0).random(x.shape)
    y = zarr.empty_like(x, store="memory://y")
    dropped(x, y, p=0.4, seed=42)
    print("chunk by chunk equals one call:", np.array_equal(y, dropout(x[:], x.shape, (0, 0), p=0.4, seed=42)))
