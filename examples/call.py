"""A block of a larger array: what the layer makes of it, or its mask alone.

Each call has a connection of its own, so that whatever stands before several replicas spreads the calls over them.
"""

import io
import json
import os
import time
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np


def post(path, body, content_type="application/json", accept="*/*"):
    """The body of the reply; a service that is busy is asked again when it says."""
    url = os.environ.get("EXAMPLES_URL", "http://localhost:8000") + path
    while True:
        try:
            return urlopen(Request(url, body, {"Content-Type": content_type, "Accept": accept}), timeout=60).read()
        except HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(float(error.headers["Retry-After"]))


def dropout(x, whole, origin, **call):
    """What the layer makes of `x`, the block at `origin` of an array of shape `whole`."""
    little = x.astype(x.dtype.newbyteorder("<"), copy=False)
    call |= {name: ",".join(map(str, of)) for name, of in (("shape", x.shape), ("whole", whole), ("origin", origin))}
    query = urlencode(call | {"dtype": x.dtype.name})
    reply = post(f"/v1/dropout?{query}", little.tobytes(), "application/octet-stream")
    return np.frombuffer(reply, little.dtype).reshape(x.shape)


def mask(shape, whole, origin, **call):
    """The mask of a block of that shape."""
    call |= {"shape": [*shape], "whole": [*whole], "origin": [*origin]}
    return np.load(io.BytesIO(post("/v1/dropout/mask", json.dumps(call).encode(), accept="application/x-npy")))


def simulate(**call):
    """What an experiment tells, which is no array."""
    return json.loads(post("/v1/dropout/simulate", json.dumps(call).encode()))


if __name__ == "__main__":
    x = np.random.default_rng(0).random((400, 600))
    whole = dropout(x, x.shape, (0, 0), p=0.4, seed=42)
    block = dropout(x[100:300, 250:500], x.shape, (100, 250), p=0.4, seed=42)
    print("a block alone is that block of the whole:", np.array_equal(block, whole[100:300, 250:500]))
