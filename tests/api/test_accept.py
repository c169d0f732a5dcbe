"""Content negotiation: the reply is in the form the client wants most, or 406."""

import httpx
import pytest

from app.api.accept import coding, media_type
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


JSON, NPY, RAW = FORMS = ("application/json", "application/x-npy", "application/octet-stream")


@pytest.mark.parametrize("usual", FORMS)
@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", None),
        ("*/*", None),
        ("application/*", None),
        ("text/html, */*;q=0.1", None),
        (JSON, JSON),
        (NPY, NPY),
        (f"{NPY};q=0.5, {RAW}", RAW),
        (f"{NPY};q=0.5, {RAW};q=0.4", NPY),
        (f"{JSON}, text/plain, */*", JSON),
        (f"{NPY};q=0.2, */*;q=0.1", NPY),
        (f"{NPY};q=0.1, */*;q=0.2, {RAW};q=0, {JSON};q=0", NPY),
        (f"{RAW}, application/*;q=0.9", RAW),
    ],
)
def test_the_form_that_is_wanted_most(usual: str, header: str, wanted: str | None) -> None:
    """Quality decides; of equals one that is named, then the request's own."""
    assert media_type(header, FORMS, usual) == (wanted or usual)


@pytest.mark.parametrize("usual", FORMS)
def test_of_equals_the_usual_is_chosen(usual: str) -> None:
    """Where all are wanted alike, the reply is in the request's own form."""
    assert media_type(", ".join(FORMS), FORMS, usual) == usual
    assert media_type(f"{usual};q=0, */*", FORMS, usual) != usual


@pytest.mark.parametrize("header", ["text/html", "image/*", "*/*;q=0", f"{NPY};q=0", "application/x-np"])
def test_no_form_is_wanted(header: str) -> None:
    """The error lists what there is."""
    with pytest.raises(NotAcceptable) as caught:
        media_type(header, FORMS, JSON)
    assert all(form in str(caught.value) for form in FORMS)


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("deflate", "deflate"),
        ("gzip, deflate, br", "gzip"),
        ("deflate, gzip", "gzip"),
        ("gzip;q=0.5, deflate", "deflate"),
        ("gzip;q=0, deflate;q=0.1", "deflate"),
        ("gzip;q=0", None),
        ("*", "gzip"),
        ("*;q=0", None),
        ("gzip;q=0, *", "deflate"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("gzip;q=x", None),
    ],
)
def test_the_coding_that_is_wanted_most(header: str, chosen: str | None) -> None:
    """A reply is compressed only where the client prefers that to none; gzip before deflate."""
    assert coding(header, ("gzip", "deflate")) == chosen
