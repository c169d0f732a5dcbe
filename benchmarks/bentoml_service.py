"""Dropout as a service of BentoML's, as most would write it: what `bentoml serve` serves.

JSON is what it takes by default. Bytes it takes as files in a form: here those of `numpy.save`.
"""

from pathlib import Path

import bentoml
import numpy as np

# where BentoML is not installed, its decorators have no types
# mypy: disable-error-code="untyped-decorator"


@bentoml.service(workers=1, traffic={"timeout": 600})
class Dropout:
    """A service whose p and seed are fields of the request."""

    @bentoml.api
    def dropout(self, input: np.ndarray, p: float = 0.5, seed: int | None = None) -> np.ndarray:  # noqa: A002
        """Drop with probability p, scale what is left."""
        mask = np.random.default_rng(seed).random(input.shape) >= p
        return input * mask / (1 - p)

    @bentoml.api
    def file(self, input: Path, context: bentoml.Context, p: float = 0.5, seed: int | None = None) -> Path:  # noqa: A002
        """The same for a file."""
        x = np.load(input)
        mask = np.random.default_rng(seed).random(x.shape) >= p
        path = Path(context.temp_dir) / "output.npy"
        np.save(path, x * mask / (1 - p))
        return path
