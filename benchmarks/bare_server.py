"""Parts of what the plain service does, alone: what a framework costs whoever computes nothing.

validated  the body validated, and nothing done with it
npy        dropout on a file of `numpy.save`'s instead of JSON, as most would write it
"""

from io import BytesIO

import numpy as np
from fastapi import FastAPI, Request, Response

from benchmarks.plain_server import Body

app = FastAPI()


@app.post("/validated")
async def validated(body: Body) -> dict[str, float]:
    """Only look at it."""
    return {"rows": len(body.input), "p": body.p}


@app.post("/npy")
async def npy(request: Request, p: float = 0.5, seed: int | None = None) -> Response:
    """Drop with probability p, scale what is left."""
    x = np.load(BytesIO(await request.body()))
    mask = np.random.default_rng(seed).random(x.shape) >= p
    file = BytesIO()
    np.save(file, x * mask / (1 - p))
    return Response(file.getvalue(), media_type="application/x-npy")
