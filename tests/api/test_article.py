"""The worked example that the service reproduces, over HTTP."""

from typing import Any

import httpx
import numpy as np

from tests.core.test_article import INPUT, MASK, OUTPUT, P


def ask(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """The reply to a call on the example's input."""
    reply = client.post("/v1/dropout", json={"input": INPUT.tolist(), "p": P, **fields})
    answer: dict[str, Any] = reply.raise_for_status().json()
    return answer


def test_its_mask_gives_its_output(client: httpx.Client) -> None:
    """Its input and its mask, sent as `mask`, give its printed output, to the four decimals it is printed with."""
    answer = ask(client, mask=MASK.tolist())
    # half a unit of the fourth decimal, and what float64 adds to it
    assert np.abs(np.array(answer["output"]) - OUTPUT).max() <= 0.5e-4 + 2 * 2.0**-53


def test_a_seed_has_its_mask(client: httpx.Client) -> None:
    """One in half a million seeds draws its mask, and so gives its printed output: this is one."""
    answer = ask(client, seed=378139, include=["output", "mask"])
    assert answer["mask"] == MASK.tolist()
    assert answer["output"] == ask(client, mask=MASK.tolist())["output"]


def test_survivors_are_x_over_1_minus_p(client: httpx.Client) -> None:
    """Survivors are the input times the scale in the reply, which is 1/(1 − p), and the rest is 0."""
    answer = ask(client, seed=7, include=["output", "mask"])
    kept, output = np.array(answer["mask"]), np.array(answer["output"])
    assert answer["layer"]["scale"] == 1 / (1 - P)
    assert np.array_equal(output, np.where(kept, INPUT * answer["layer"]["scale"], 0))


def test_evaluation_is_the_identity(client: httpx.Client) -> None:
    """In evaluation the input comes back bit for bit."""
    assert np.array(ask(client, training=False)["output"]).tobytes() == INPUT.tobytes()
