"""What one writes with the Python client: the layer, and an error. Its argument is the service's address."""

import json
import sys

from dropout_client import Client
from dropout_client.api.dropout import dropout
from dropout_client.models import DropoutReply, DropoutRequest, Problem

X: list[list[float]] = [[0.6485, 0.3114], [0.7352, 0.4634]]


def main(url: str) -> None:
    client = Client(base_url=url)
    reply = dropout.sync(client=client, body=DropoutRequest(input_=X, p=0.4, seed=42))
    assert isinstance(reply, DropoutReply)
    problem = dropout.sync(client=client, body=DropoutRequest(input_=X, p=1.5))
    assert isinstance(problem, Problem)
    scale: float | None = reply.layer.scale
    told = {"input": X, "output": reply.output, "scale": scale, "code": problem.code, "status": problem.status}
    json.dump(told | {"pointer": problem.errors[0].pointer if problem.errors else None}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
