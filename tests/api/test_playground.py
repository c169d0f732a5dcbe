"""GET /: the playground as it is served, before any script."""

import re
from html import unescape
from typing import Any, Final

import httpx
import pytest

from app.web.first import FOLDER, number
from tests.core.test_article import INPUT, MASK, OUTPUT, P

TYPES: Final = {"css": "text/css", "js": "text/javascript"}
FILES: Final = {
    "/": "text/html",
    **{f"/playground/{file.name}": TYPES[file.name.partition(".")[2]] for file in FOLDER.iterdir()},
}
MOST: Final = 60_000
"""Bytes that all of it may take on the wire."""


def tables(page: str) -> dict[str, list[list[str]]]:
    """The tables of a page by their captions, as text."""
    found = re.findall(r"<table><caption>(\w+)</caption>(.*?)</table>", page, re.DOTALL)
    rows = {name: re.findall(r"<tr>(.*?)</tr>", body) for name, body in found}
    return {name: [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in lines] for name, lines in rows.items()}


def value(page: str, name: str) -> str:
    """What stands in a field of a page."""
    found = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page)
    assert found
    return found[1]


@pytest.fixture
def page(client: httpx.Client) -> str:
    """The page's text."""
    return client.get("/").raise_for_status().text


@pytest.fixture
def reply(client: httpx.Client, page: str) -> dict[str, Any]:
    """What the service answers to what the page says it has sent."""
    table = [[float(cell) for cell in row] for row in tables(page)["input"]]
    call = {"input": table, "p": float(value(page, "p")), "seed": int(value(page, "seed"))}
    answer = client.post("/v1/dropout", json={**call, "include": ["output", "mask", "statistics"]})
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


def shown(rows: list[list[float]]) -> list[list[str]]:
    """Numbers as the page shows them."""
    return [[number(value) for value in row] for row in rows]


def flat(rows: list[list[str]]) -> list[float]:
    """The numbers shown."""
    return [float(cell) for row in rows for cell in row]


def test_the_first_paint_is_what_the_service_answers(page: str, reply: dict[str, Any]) -> None:
    """Mask and output in the page are those of the same call to the API."""
    assert tables(page)["mask"] == shown(reply["mask"])
    assert tables(page)["output"] == shown(reply["output"])


def test_the_first_paint_is_the_article(page: str) -> None:
    """Table, mask and output are those of the worked example that everything here is held against."""
    assert tables(page)["input"] == shown(INPUT.tolist())
    assert tables(page)["mask"] == shown(MASK.tolist())
    assert flat(tables(page)["output"]) == pytest.approx(OUTPUT.ravel().tolist(), abs=1e-4)
    assert float(value(page, "p")) == P


def test_the_first_paint_tells_means_and_shares(page: str, reply: dict[str, Any]) -> None:
    """The sentences have the statistics and the layer of the reply."""
    statistics, keep = reply["statistics"], reply["layer"]["keep_prob"]
    for name in ("input", "output"):
        assert f'id="{name}-under">mean {number(statistics[name]["mean"])}<' in page
    assert f"{statistics['dropped']} of {statistics['decisions']} decisions" in page
    assert f"keeps {number(keep * 100)} % · scale {reply['layer']['scale']:.3f}" in page


def test_the_first_paint_shows_the_arithmetic(page: str, reply: dict[str, Any]) -> None:
    """A number that is kept and one that is dropped are worked out, step by step."""
    lines = re.findall(r"<p>(\[.*?)</p>", unescape(page))
    assert len(lines) == 2
    for line in lines:
        place, x, times, y = re.findall(r"\[(.*?)\] \w+: (\S+) · (.+) = (\S+)", line)[0]
        i, j = map(int, place.split(", "))
        assert (x, y) == (tables(page)["input"][i][j], tables(page)["output"][i][j])
        assert times == (f"1 ÷ {number(reply['layer']['keep_prob'])}" if reply["mask"][i][j] else "0")


def test_a_dropped_number_is_marked_by_more_than_its_colour(page: str, reply: dict[str, Any]) -> None:
    """Cells of what is dropped have a class of their own, which crosses them out."""
    dropped = sum(not keep for row in reply["mask"] for keep in row)
    assert page.count('<td class="dropped">0</td>') == 2 * dropped  # in mask and output


def test_a_file_has_its_type(client: httpx.Client) -> None:
    """Row 18: a browser is told what each file is, to believe it, and to tell nobody where it has been."""
    for path, kind in FILES.items():
        reply = client.get(path).raise_for_status()
        assert reply.headers["Content-Type"].partition(";")[0] == kind
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"


def test_a_file_is_sent_again_only_if_it_has_changed(client: httpx.Client) -> None:
    """It is asked for each time, so nobody sees an old page; with its tag the answer is that nothing changed."""
    for path in FILES:
        reply = client.get(path)
        assert reply.headers["Cache-Control"] == "no-cache"
        again = client.get(path, headers={"If-None-Match": reply.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


def test_the_policy_has_no_exception(client: httpx.Client) -> None:
    """Scripts, styles and calls are this service's own, none is inline, and no text becomes markup."""
    header = client.get("/").headers["Content-Security-Policy"]
    policy = {name: values for name, *values in map(str.split, header.split(";"))}
    assert "unsafe" not in header
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert policy["img-src"] == ["'self'", "data:"]
    assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["require-trusted-types-for"] == ["'script'"]


def test_the_page_may_be_part_of_another_only_without_its_header(client: httpx.Client, page: str) -> None:
    """With `?embed=1` it may be framed, and is the same page but for that; otherwise it may not."""
    embedded = client.get("/?embed=1")
    assert embedded.text == page.replace('<html lang="en" class="page">', '<html lang="en" class="embed">') != page
    plain = client.get("/").headers["Content-Security-Policy"]
    assert embedded.headers["Content-Security-Policy"] == plain.replace("frame-ancestors 'none'", "frame-ancestors *")
    assert client.get("/?embed=0").text == page


def test_a_link_has_a_picture(client: httpx.Client, page: str) -> None:
    """Its address is whole, under the name that the service was called by; it is a small PNG of the usual size."""
    [address] = re.findall(r'<meta property="og:image" content="(.*?)">', page)
    assert address == str(client.base_url.join("/playground/picture.png"))
    reply = client.get(address, headers={"Accept-Encoding": "gzip"}).raise_for_status()
    assert reply.headers["Content-Type"] == "image/png"
    assert (int.from_bytes(reply.content[16:20]), int.from_bytes(reply.content[20:24])) == (1200, 630)
    assert len(reply.content) < 150_000
    named = client.get("/", headers={"Host": 'a"b.example'}).text
    assert 'a"b.example' not in named


def test_the_page_needs_nothing_from_elsewhere(client: httpx.Client, page: str) -> None:
    """It loads its folder, all at once; no address in any file is another host's, but for the names of XML."""
    assert set(re.findall(r'(?:src|href)="(/playground/[^"]*)"', page)) == set(FILES) - {"/"}
    for path in FILES:
        hosts = set(re.findall(r"https?://([\w.]+)", client.get(path).text))
        assert hosts <= {"www.w3.org", client.base_url.host}


def test_the_page_has_no_inline_script_or_style(page: str) -> None:
    """What the policy would refuse is not there."""
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def test_it_is_small(client: httpx.Client) -> None:
    """All files together are a few packets, as they are sent."""
    replies = [client.get(path, headers={"Accept-Encoding": "gzip"}) for path in FILES]
    assert sum(int(reply.headers["Content-Length"]) for reply in replies) <= MOST


def test_no_other_file_is_served(client: httpx.Client) -> None:
    """Only the files of the page are there, whatever lies beside them."""
    for name in ("first.py", "index.html", "script", "..%2Findex.html", "%2e%2e/index.html", "page%2Fmain.js", ""):
        assert client.get(f"/playground/{name}").status_code == 404
