"""A block of a larger array: what the layer makes of it, or its mask alone."""

import io
import os
import time

import httpx
import numpy as np

SERVICE = httpx.Client(base_url=os.environ.get("DROPOUT_URL", "http://localhost:8000"), timeout=60)


def post(path, **request):
    """The reply to a call; a service that is busy is asked again when it says."""
    while (reply := SERVICE.post(path, **request)).status_code == 503:
        time.sleep(float(reply.headers["Retry-After"]))
    return reply.raise_for_status()


def dropout(x, whole, origin, **call):
    """What the layer makes of `x`, the block at `origin` of an array of shape `whole`."""
    call |= {name: ",".join(map(str, of)) for name, of in (("shape", x.shape), ("whole", whole), ("origin", origin))}
    little = x.astype(x.dtype.newbyteorder("<"), copy=False)
    raw = {"content": little.tobytes(), "headers": {"Content-Type": "application/octet-stream"}}
    reply = post("/v1/dropout", params=call | {"dtype": x.dtype.name}, **raw)
    return np.frombuffer(reply.content, little.dtype).reshape(x.shape)


def mask(shape, whole, origin, **call):
    """The mask of a block of that shape."""
    call |= {"shape": [*shape], "whole": [*whole], "origin": [*origin]}
    reply = post("/v1/dropout/mask", json=call, headers={"Accept": "application/x-npy"})
    return np.load(io.BytesIO(reply.content))


if __name__ == "__main__":
    x = np.random.default_rng(0).random((400, 600))
    whole = dropout(x, x.shape, (0, 0), p=0.4, seed=42)
    block = dropout(x[100:300, 250:500], x.shape, (100, 250), p=0.4, seed=42)
    print("a block alone is that block of the whole:", np.array_equal(block, whole[100:300, 250:500]))
