"""The layer on a Cubed array: Dask's blocks within a memory that is promised beforehand."""

import cubed
import numpy as np

from examples.call import dropout


def dropped(x, **call):
    """The array `x` with each block through the layer."""

    def block(part, block_id):
        origin = [k * length for k, length in zip(block_id, x.chunksize, strict=True)]
        return dropout(part, x.shape, origin, **call)

    return cubed.map_blocks(block, x, dtype=x.dtype)


if __name__ == "__main__":
    x = np.random.default_rng(0).random((900, 700))
    spec = cubed.Spec(allowed_mem="200MB")
    y = dropped(cubed.from_array(x, chunks=(300, 200), spec=spec), p=0.4, seed=42)
    whole = dropout(x, x.shape, (0, 0), p=0.4, seed=42)
    print("blocks", y.numblocks, "equal one call:", np.array_equal(y.compute(), whole))
