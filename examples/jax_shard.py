"""A mask for an array that JAX shards: each device asks for its own part, and no more."""

import jax
from jax.sharding import NamedSharding, PartitionSpec

from examples import call


def mask(shape, sharding, **layer):
    """The mask of an array of that shape, sharded so."""

    def part(index):
        spans = [span.indices(length) for span, length in zip(index, shape, strict=True)]
        return call.mask([end - first for first, end, _ in spans], shape, [first for first, _, _ in spans], **layer)

    return jax.make_array_from_callback(shape, sharding, part)


if __name__ == "__main__":
    jax.config.update("jax_num_cpu_devices", 4)
    sharding = NamedSharding(jax.make_mesh((2, 2), ("rows", "columns")), PartitionSpec("rows", "columns"))
    m = mask((6, 8), sharding, p=0.4, seed=42)
    same = (call.mask(m.shape, m.shape, (0, 0), p=0.4, seed=42) == m).all()
    print(f"{len(m.addressable_shards)} shards of {m.addressable_data(0).shape}, all shards equal one call: {same}")
