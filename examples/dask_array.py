"""The layer on a Dask array, on the workers that hold its blocks."""

import dask.array as da
from distributed import Client

from examples.call import dropout


def dropped(x, **call):
    """The array `x` with each block through the layer."""
    return x.map_blocks(_block, dtype=x.dtype, meta=x._meta, **call)


def _block(x, block_info, **call):
    place = block_info[0]
    return dropout(x, place["shape"], [first for first, _ in place["array-location"]], **call)


if __name__ == "__main__":
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None):
        x = da.random.default_rng(0).random((3000, 2000), chunks=(1000, 700))
        y = dropped(x, p=0.4, seed=42)
        again = dropped(x.rechunk((500, 2000)), p=0.4, seed=42)
        print("blocks", y.numblocks, "and", again.numblocks, "give the same:", bool((y == again).all().compute()))
