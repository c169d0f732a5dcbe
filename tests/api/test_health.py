"""Is it alive, is it ready."""

import httpx
import pytest

from app.wire.about import Health


@pytest.mark.parametrize("state", ["live", "ready"])
def test_health_is_told(client: httpx.Client, state: str) -> None:
    """A running service says that it is both."""
    reply = client.get(f"/health/{state}")
    assert reply.status_code == 200
    assert Health.model_validate_json(reply.content, strict=True).status == state


def test_health_is_never_cached(client: httpx.Client) -> None:
    """Nobody between is told that an answer keeps."""
    assert "max-age" not in client.get("/health/live").headers.get("Cache-Control", "")
