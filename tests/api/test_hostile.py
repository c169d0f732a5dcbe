"""What the service must survive: whatever is sent, an error the client can mend, and the next good request is right."""

import json

import httpx
import pytest

from app.wire.json.text import NESTING
from tests.api.expect import GOOD, JSON, post, refused, works
from tests.service import Service

MILLION = 10**6
DROP = "\U0001f4a7"


def with_field(name: str, text: str) -> str:
    """A call with a field that is JSON, or claims to be."""
    return f'{{"input": [0.5], "{name}": {text}}}'


Row = tuple[str | bytes, int, str]


def rows(status: int, code: str, *bodies: str | bytes) -> list[Row]:
    """A row of the table for each body."""
    return [(body, status, code) for body in bodies]


FIELDS: list[Row] = [
    # NaN and infinity
    *rows(422, "non_finite", '{"input": [NaN]}', '{"input": [1, -Infinity]}', '{"input": NaN}', with_field("p", "NaN")),
    *rows(
        422,
        "overflow",
        '{"input": [1e999]}',
        '{"input": 1e999}',
        '{"input": [[-1e400]]}',
        f'{{"input": [1{"0" * 999}]}}',
    ),
    *rows(422, "non_finite", with_field("p", "1e999"), with_field("p", "-Infinity"), with_field("keep_prob", "NaN")),
    # nothing is coerced
    *rows(
        422,
        "wrong_type",
        *(with_field("p", text) for text in ('"0.5"', "true", "null", "[]", "{}", '"NaN"', f"1{'0' * 999}")),
    ),
    *rows(
        422, "wrong_type", *(with_field("seed", text) for text in ("1.0", "true", "null", '"-1"', '"1.0"', "1e3", '""'))
    ),
    *rows(422, "out_of_range", *(with_field("seed", text) for text in ("-1", str(2**64), f'"{2**64}"', "9" * 4999))),
    *rows(422, "out_of_range", *(with_field("p", text) for text in ("1.5", "-0.1", "2", "-1e300"))),
    *rows(422, "wrong_type", *(with_field("training", text) for text in ("1", '"true"', "null"))),
    # unknown and duplicate keys
    *rows(
        422, "unknown_field", *(with_field(name, "1") for name in ("P", "rate", "", "x" * 5000, DROP * 5000, r"\u0000"))
    ),
    *rows(
        400,
        "duplicate_key",
        with_field("input", "[1]"),
        with_field("p", '0.1, "p": 0.1'),
        with_field(r"\u0069nput", "1"),
    ),
    *rows(400, "duplicate_key", '{"x": {"a": 1, "a": 1}, "input": [1]}'),
    # encodings
    *rows(
        400,
        "malformed_json",
        *(json.dumps(GOOD).encode(name) for name in ("utf-16", "utf-16-be", "utf-32", "utf-8-sig")),
    ),
    *rows(400, "malformed_json", with_field(r"\ud800", "1"), with_field("variant", r'"\udc00\ud800"')),
    *rows(
        400,
        "malformed_json",
        b'{"input": [1], "variant": "\xff"}',
        b"\x80",
        b"\x00",
        b'{"input": [\xe9]}',
        b"\xf8\x88\x80\x80\x80",
    ),
    *rows(400, "malformed_json", "", "{", "null x", '{"input": [1,]}', "{'input': [1]}", '{"input": [1]}{}'),
    # shapes
    *rows(
        422,
        "out_of_range",
        with_field("shape", "[-1]"),
        with_field("shape", "[-1, -1]"),
        with_field("noise_shape", "[-1]"),
    ),
    *rows(422, "rank_too_high", with_field("shape", str([1] * 65)), with_field("shape", str([1] * 33))),
    *rows(422, "rank_too_high", '{"input": ' + "[" * 65 + "1" + "]" * 65 + "}"),
    *rows(413, "too_many_elements", *(with_field("shape", str([2**power] * 2)) for power in (31, 32, 63, 64, 2000))),
    *rows(413, "too_many_elements", with_field("shape", "[2, 13, 419, 691, 823, 2977518503]")),
    *rows(413, "too_many_elements", '{"input": [], "shape": [0, 9223372036854775807, 9223372036854775807]}'),
    *rows(413, "too_many_elements", '{"input": [], "shape": [16000000, 16000000, 16000000, 0]}'),
    *rows(
        413,
        "too_many_elements",
        with_field("samples", "10001"),
        '{"input": [1,2,3,4], "shape": [4], "samples": ' + "9" * 99 + "}",
    ),
    *rows(
        422, "shape_mismatch", with_field("shape", "[16000000]"), with_field("shape", "[0]"), with_field("shape", "[2]")
    ),
    # syntax that only looks like an array
    *rows(
        400,
        "malformed_json",
        '{"input": [1]][{}]}',
        '{"input": [1], [{}]}',
        '{"input": [1]]}',
        '{"input": [1}',
        '{"input": [1 2]}',
    ),
    *rows(
        422, "not_a_number", '{"input": [{"input": [1]}]}', '{"input": [1, "]"]}', '{"input": {}}', '{"input": [null]}'
    ),
]


def test_hostile_bodies_are_refused(client: httpx.Client, subtests: pytest.Subtests) -> None:
    """Each gets its status and its code, and the next request is answered as if nothing had been."""
    for body, status, code in FIELDS:
        with subtests.test(body=body[:50]):
            refused(post(client, body), status, code)
            works(client)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"input": [[1, 2], [3, NaN]]}', "/input/1/1"),
        ('{"input": [[1, 2], [3, "4"]]}', "/input/1/1"),
        (with_field("p", "NaN"), "/p"),
        (with_field("seed", "1.0"), "/seed"),
        (with_field("x", "1"), "/x"),
        (with_field("shape", "[-1]"), "/shape/0"),
        (with_field("mask", "[1]"), "/mask/0"),
    ],
)
def test_a_fault_has_a_pointer(client: httpx.Client, body: str, pointer: str) -> None:
    """The place of a fault is told as a JSON pointer into the body that was sent."""
    reply = post(client, body)
    assert refused(reply, 422, reply.json()["code"]).errors[0].pointer == pointer


@pytest.mark.parametrize("depth", [NESTING + 1, 1000, MILLION])
@pytest.mark.parametrize(
    "template",
    [
        '{"input": %s}',
        '{"input": [1], "x": %s}',
        '{"x": %s}',
        '{"input": [1], "shape": %s}',
        '{"input": [1], "mask": %s}',
        "%s",
    ],
)
def test_deep_nesting_is_refused(client: httpx.Client, template: str, depth: int) -> None:
    """Brackets over 100 deep are malformed, in unknown keys too, a million as a hundred."""
    refused(post(client, template % ("[" * depth + "]" * depth)), 400, "nesting_too_deep")
    works(client)


def many(name: str, element: str, count: int = MILLION) -> str:
    """A call with a list of that element, so many times."""
    before = "" if name == "input" else '"input": [1], '
    return f'{{{before}"{name}": [{",".join([element] * count)}]}}'


def strangers(name: str) -> str:
    """A call with a hundred fields that begin with that name."""
    fields = ",".join(f'"{name}{number}": 1' for number in range(100))
    return f'{{"input": 1, {fields}}}'


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (many("input", '"a"'), 422, "not_a_number"),
        (many("input", "null"), 422, "not_a_number"),
        (many("input", "NaN"), 422, "non_finite"),
        (many("input", "1e999"), 422, "overflow"),
        (many("input", "[1], [1, 2]", 200_000), 422, "ragged"),
        (many("mask", "0"), 422, "not_a_boolean"),
        (many("mask", '"true"'), 422, "not_a_boolean"),
        (many("shape", "-1", 20_000), 422, "out_of_range"),
        (many("noise_shape", '"a"', 10_000), 422, "wrong_type"),
        (many("include", '"a"', 10_000), 422, "unknown_value"),
        (many("shape", "1"), 413, "fields_too_large"),
        (with_field("variant", f'"{"x" * MILLION}"'), 413, "fields_too_large"),
        (with_field("variant", f'"{DROP * 10_000}"'), 422, "unknown_value"),
        (strangers("x" * 500), 422, "unknown_field"),
        (strangers(DROP * 40), 422, "unknown_field"),
        (strangers(r"\u0001" * 40), 422, "unknown_field"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_error_is_small(client: httpx.Client, body: str, status: int, code: str) -> None:
    """However much is wrong, the reply is under 8 KiB, and has nothing long of what was sent."""
    reply = post(client, body)
    refused(reply, status, code)
    assert "x" * 50 not in reply.text
    works(client)


def test_huge_shapes_cost_nothing(service: Service, client: httpx.Client) -> None:
    """A shape far beyond the data, the limit or memory is refused without memory for it."""
    works(client)
    before = service.forget_peak()
    for shape in ([16_000_000], [4000, 4000], [2**40, 2**40], [16_000_001], [0, 2**62]):
        assert post(client, {"input": [1.0], "shape": shape}).status_code in {413, 422}
    assert post(client, {"input": [1.0], "samples": 10_001}).status_code == 413
    assert service.peak() - before < 2**20


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "GET", "OPTIONS"])
def test_methods_that_are_not_taken_are_told(client: httpx.Client, method: str) -> None:
    """Another method gets 405, and which one is allowed."""
    reply = client.request(method, "/v1/dropout", content=b"{}", headers=JSON)
    refused(reply, 405, "method_not_allowed")
    assert reply.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/dropout/",
        "/v1/dropout/x",
        "/%00",
        "/%ff",
        "/..%2f..%2fetc/passwd",
        "/docs/..%2fapp.py",
        "/" + "a" * 5000,
        "/ÿ",
    ],
)
def test_other_paths_are_not_found(client: httpx.Client, path: str) -> None:
    """A path that is not there gets 404, whatever it holds."""
    refused(client.post(path, json=GOOD), 404, "not_found")
    works(client)
