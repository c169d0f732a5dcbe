"""Content negotiation: the reply is JSON, or 406."""

import httpx
import pytest

from app.api.accept import media_type
from app.errors import NotAcceptable
from tests.api.expect import GOOD, answered, post, refused

TAKEN = [
    "*/*",
    "application/*",
    "application/json",
    "Application/JSON",
    "application/json;q=0.1",
    "application/json; q=0.001",
    "application/json;version=1",
    "text/html, application/json",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/html;q=0, */*",
    "application/*;q=0, application/json",
    "*/*;q=0, application/*;q=0.5",
    "",
]
NOT_TAKEN = [
    "text/html",
    "text/*",
    "application/xml",
    "application/json;q=0",
    "application/json;q=0.0",
    "application/json;q=0, text/*",
    "application/*;q=0, */*",
    "*/*;q=0",
    "application/json;q=x",
    "json",
    "application",
    ";;;,,,===",
]


@pytest.mark.parametrize("header", [*TAKEN, " "])
def test_json_is_acceptable(header: str) -> None:
    """No header takes anything; else the most specific range that fits counts, unless its quality is 0."""
    assert media_type(header, ["application/json"], "application/json") == "application/json"


@pytest.mark.parametrize("header", NOT_TAKEN)
def test_json_is_not_acceptable(header: str) -> None:
    """Ranges that leave JSON out, by name or by quality."""
    with pytest.raises(NotAcceptable, match="application/json"):
        assert media_type(header, ["application/json"], "application/json") == "application/json"


@pytest.mark.parametrize("header", TAKEN)
def test_a_reply_is_accepted(client: httpx.Client, header: str) -> None:
    """A client that takes JSON, whatever else, gets it."""
    answered(post(client, GOOD, Accept=header))


@pytest.mark.parametrize("header", NOT_TAKEN)
def test_a_reply_is_not_accepted(client: httpx.Client, header: str) -> None:
    """A client that does not is told so, as a problem: an error need not be accepted."""
    assert "application/json" in refused(post(client, GOOD, Accept=header), 406, "not_acceptable").detail


def test_headers_on_several_lines_are_one(client: httpx.Client) -> None:
    """Accept on two lines is the list of both."""
    headers = [("Content-Type", "application/json"), ("Accept", "text/html"), ("Accept", "application/json")]
    assert client.post("/v1/dropout", json=GOOD, headers=headers).status_code == 200
