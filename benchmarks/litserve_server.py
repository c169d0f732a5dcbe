"""Dropout as an API of LitServe's: `python benchmarks/litserve_server.py PORT FORM`.

json   as its documentation has it: replies without a type, over whose numbers FastAPI goes one by one
typed  the same with the type of the reply, which spares that
npy    files of `numpy.save`'s, in a form as LitServe takes files, and back as they are
"""

import sys
from io import BytesIO
from typing import Any

import litserve
import numpy as np
from fastapi import Request, Response


class Json(litserve.LitAPI):  # type: ignore[misc]  # its base is untyped where LitServe is not installed
    """An API whose p and seed are fields of the request."""

    def setup(self, device: str) -> None:
        """There is nothing to load."""

    def decode_request(self, request):  # type: ignore[no-untyped-def]  # its types would be read
        """The array and the fields."""
        return np.array(request["input"]), request["p"], request["seed"]

    def predict(self, call: tuple[np.ndarray[Any, Any], float, int]) -> np.ndarray[Any, Any]:
        """Drop with probability p, scale what is left."""
        x, p, seed = call
        mask = np.random.default_rng(seed).random(x.shape) >= p
        y: np.ndarray[Any, Any] = x * mask / (1 - p)
        return y

    def encode_response(self, output):  # type: ignore[no-untyped-def]  # as above
        """The reply."""
        return {"output": output.tolist()}


class Typed(Json):
    """The same with the type of its reply."""

    def encode_response(self, output: Any) -> dict[str, Any]:
        """The reply."""
        return {"output": output.tolist()}


class Npy(Json):
    """The same with files."""

    def decode_request(self, request: Request) -> tuple[Any, float, int]:
        """What stands in the form, which is what the request is by then."""
        return np.load(request["input"].file), float(request["p"]), int(request["seed"])

    def encode_response(self, output: Any) -> Response:
        """The reply."""
        file = BytesIO()
        np.save(file, output)
        return Response(file.getvalue(), media_type="application/x-npy")


if __name__ == "__main__":
    apis = {"json": Json, "typed": Typed, "npy": Npy}
    server = litserve.LitServer(apis[sys.argv[2]](), accelerator="cpu", workers_per_device=1, timeout=600)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False)
