"""Dropout over HTTP as most would write it: the yardstick.

Its return type is annotated, which they may forget: without, FastAPI takes four times as long over a large reply.
"""

from typing import Any

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Body(BaseModel):
    """A request."""

    input: list[list[float]]
    p: float = 0.5
    seed: int | None = None


class Experiment(BaseModel):
    """A request without an array."""

    shape: list[int]
    p: float = 0.5
    seed: int | None = None


@app.get("/health/live")
async def live() -> dict[str, str]:
    """Answers as long as the process can."""
    return {"status": "live"}


@app.post("/v1/dropout")
def dropout(body: Body) -> dict[str, Any]:
    """Drop with probability p, scale what is left."""
    x = np.array(body.input)
    rng = np.random.default_rng(body.seed)
    mask = rng.random(x.shape) >= body.p
    y = x * mask / (1 - body.p)
    return {
        "output": y.tolist(),
        "mean_before": float(x.mean()),
        "mean_after": float(y.mean()),
        "zero_fraction": float((y == 0).mean()),
    }


@app.post("/v1/dropout/simulate")
def simulate(body: Experiment) -> dict[str, float]:
    """Drop from uniform numbers that are made here."""
    rng = np.random.default_rng(body.seed)
    x = rng.random(body.shape)
    y = x * (rng.random(x.shape) >= body.p) / (1 - body.p)
    return {
        "mean_before": float(x.mean()),
        "mean_after": float(y.mean()),
        "zero_fraction": float((y == 0).mean()),
    }
