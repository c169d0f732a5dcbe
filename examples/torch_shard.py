"""A mask for a tensor that PyTorch shards: each process asks for that of its own shard, and no more."""

import tempfile

import torch
from torch import distributed
from torch.distributed.tensor import DTensor, Shard, distribute_tensor, init_device_mesh
from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

from examples import call


def mask(x, **layer):
    """The mask of the `DTensor` x, sharded as it is."""
    shape, origin = compute_local_shape_and_global_offset(x.shape, x.device_mesh, x.placements)
    part = torch.from_numpy(call.mask(shape, x.shape, origin, **layer))
    return DTensor.from_local(part, x.device_mesh, x.placements, shape=x.shape, stride=x.stride())


def process(rank, store):
    """One of two processes, which have half of the columns each."""
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    x = distribute_tensor(torch.ones(6, 8), init_device_mesh("cpu", (2,)), [Shard(1)])
    m = mask(x, p=0.4, seed=42)
    whole = torch.from_numpy(call.mask(x.shape, x.shape, (0, 0), p=0.4, seed=42))
    same = torch.equal(m.full_tensor(), whole)
    if rank == 0:
        print(f"a shard of {tuple(m.to_local().shape)}, all shards equal one call: {same}")
    distributed.destroy_process_group()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(process, (f"{folder}/store",), nprocs=2)
