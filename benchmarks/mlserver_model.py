"""Dropout as a model of MLServer's, as most would write it: what `mlserver start` serves."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Dropout(MLModel):  # type: ignore[misc]  # its base is untyped where MLServer is not installed
    """A model whose p and seed are parameters of the request."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Drop with probability p, scale what is left."""
        x = self.decode(payload.inputs[0], default_codec=NumpyCodec)
        p, seed = payload.parameters.p, payload.parameters.seed
        mask = np.random.default_rng(seed).random(x.shape) >= p
        y = x * mask / (1 - p)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("output", y)])
