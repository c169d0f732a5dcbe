"""GET /, as people use it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import sleep
from typing import Any, Final

import httpx
import pytest

from app.web.first import FILES, number
from tests.service import Service

pytestmark = pytest.mark.browser

PICTURE: Final = Path(__file__).with_name("playground.png")
LARGE: Final = "#p=0.4&seed=42&variant=dropout&numbers=uniform&shape=32x32"
WORD: Final = 2**64 - 1
VARIANTS: Final = (
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "stochastic_depth",
    "alpha_dropout",
    "feature_alpha_dropout",
    "gaussian_dropout",
    "drop_block2d",
)
OWN: Final = {"scaling": "scaling", "noise_shape": "share", "channels_last": "last", "block_size": "block"}
"""The controls of what only some layers take."""
MODES: Final[dict[str, dict[str, str]]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "reduced motion": {"reduced_motion": "reduce"},
    "forced colours": {"forced_colors": "active"},
}

_FRAME: Final = "() => new Promise(done => setTimeout(() => requestAnimationFrame(done), 60))"
_PAINTS: Final = """async times => {
  const painted = () => new Promise(done => document.addEventListener("answered", () => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();  // its message comes after the frame
    port1.onmessage = done;
    port2.postMessage(null);
  }), { once: true }));
  const slider = document.getElementById("slider"), taken = [];
  for (let k = 0; k < times; k++) {
    const began = performance.now(), seen = painted();
    slider.value = (k % 90 + 5) / 100;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await seen;
    taken.push(performance.now() - began);
    await new Promise(done => setTimeout(done, 30));
  }
  return taken;
}"""
_PIXELS: Final = """([id, rows, columns]) => {
  const map = document.getElementById(id), side = map.width / columns, pen = map.getContext("2d");
  return Array.from({ length: rows * columns }, (_, k) => [...pen.getImageData(
    Math.floor(k % columns * side + side / 2), Math.floor(Math.floor(k / columns) * side + 4), 1, 1).data].slice(0, 3));
}"""
_COLOURS: Final = """() => Object.fromEntries(["zero", "pos", "neg", "keep"].map(name =>
  [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()]))"""


def is_drawing(response: Any) -> bool:
    """Whether it answers the call that the maps are drawn from."""
    return bool(response.url.endswith("/v1/dropout") and '"output"' in response.request.post_data)


def number_in(page: Any, place: str) -> float:
    """The number that stands at a place."""
    return float(page.locator(place).inner_text().replace("−", "-"))


def drawn(page: Any, act: Callable[[], object]) -> Any:
    """The reply that the page draws after an act."""
    with page.expect_response(is_drawing) as response:
        act()
    reply = response.value.json()
    page.evaluate(_FRAME)
    return reply


def heard(page: Any, name: str, text: str) -> None:
    """Wait until a part of the page has this text in it; Playwright's functions would be forbidden by the policy."""
    page.locator(f"#{name}", has_text=text).wait_for(state="attached")


def opened(page: Any, address: str = "") -> Any:
    """The reply that the page draws when it is opened at an address, once the experiments are there too."""
    reply = drawn(page, lambda: page.goto("/" + address))
    page.wait_for_selector("#runs-chart svg")
    page.wait_for_selector("#why tbody td")
    return reply


def table(page: Any, name: str) -> list[list[str]]:
    """The numbers of a map, as its table shows them."""
    if page.locator("#shown").get_attribute("open") is None:
        page.click("#shown summary")
    page.wait_for_selector("#tables table")
    rows = page.locator(f"#tables table:has(caption:text-is('{name}')) tr:has(td[class])")
    return [row.locator("td").all_inner_texts() for row in rows.all()]


def live(page: Any) -> dict[str, str]:
    """The numbers in the answers to questions, by their names."""
    texts = "all => all.map(one => [one.dataset.live, one.textContent])"
    return dict(page.eval_on_selector_all("[data-live]", texts))


def shown(rows: list[list[float]]) -> list[list[str]]:
    """Numbers as the page shows them."""
    return [[number(value) for value in row] for row in rows]


def flat(nested: Any) -> list[Any]:
    """The elements of nested lists."""
    return [item for part in nested for item in flat(part)] if isinstance(nested, list) else [nested]


def copied(page: Any, language: str) -> str:
    """The code of a language, by way of the clipboard."""
    page.click(f"#language-{language}")
    page.click("#copy")
    heard(page, "live", "Copied")
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def printed(*command: str) -> Any:
    """What a command prints, read as JSON; Python's lists of numbers are that too."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.fixture
def rough(chromium: Any, url: str) -> Iterator[Any]:
    """A page that may be refused what it asks for: the browser's console says so each time."""
    context = chromium.new_context(base_url=url)
    yield context.new_page()
    context.close()


# What is seen


def test_without_a_script_the_example_is_there(chromium: Any, url: str, client: httpx.Client) -> None:
    """With JavaScript off the page shows input, mask and output of its example, and says what it lacks."""
    context = chromium.new_context(base_url=url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    rows = [row.locator("td").all_inner_texts() for row in page.locator("figure:first-child tr").all()]
    call = {"input": [[float(cell) for cell in row] for row in rows], "p": 0.4, "seed": 378139}
    reply = client.post("/v1/dropout", json=call).raise_for_status().json()
    cells = page.locator("figure:last-child td").all_text_contents()
    assert cells == flat(shown(reply["output"]))
    assert page.locator("noscript p").is_visible()
    assert page.locator("#questions h3").count() == page.locator("#questions h3:visible").count() == 5
    assert not page.locator("#controls").is_visible()
    context.close()


def test_the_script_says_what_the_server_wrote(page: Any, client: httpx.Client) -> None:
    """What the page shows before any script is, word for word, what the script makes of the same call."""
    served = client.get("/").text
    opened(page)
    for name in ("shares", "statistics", "input-under", "mask-under", "output-under", "least", "most"):
        text = page.locator(f"#{name}").inner_text()
        assert f">{text}<" in served
    for line in page.locator("#arithmetic p").all_inner_texts():
        assert f"<p>{line}</p>" in served
    assert dict(re.findall(r'<b data-live="(\w+)">(.*?)</b>', served)) == live(page)


def test_the_answers_follow_the_layer(page: Any) -> None:
    """The numbers in the answers to the five questions are those of the reply that is shown."""
    reply = opened(page, "#p=0.2&seed=7&variant=dropout&numbers=uniform&shape=6x5")
    numbers = dict(
        page.eval_on_selector_all("[data-live]", "all => all.map(one => [one.dataset.live, one.textContent])")
    )
    mean = reply["statistics"]["input"]["mean"]
    assert (numbers["p"], numbers["keep"], numbers["share"], numbers["left"]) == ("0.2", "0.8", "20 %", "80 %")
    assert (numbers["scale"], numbers["swapped"], numbers["count"]) == ("1.25", "5", "30")
    assert numbers["gone"] == str(reply["statistics"]["dropped"])
    assert (numbers["mean"], numbers["less"]) == (number(mean), number(mean * 0.8))
    assert numbers["first"] == table(page, "input")[0][0]


def test_an_answer_fits_a_screen(page: Any) -> None:
    """From a question to the end of its answer is less than one screen, of a telephone too; nothing needs a click."""
    for width, height in ((320, 568), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        opened(page)
        answers = page.locator("#questions > div")
        assert answers.count() == 5
        assert all(answer.bounding_box()["height"] < height for answer in answers.all())


def test_the_tables_are_the_reply(page: Any) -> None:
    """The numbers shown are those of the API's reply, and the input those that were sent."""
    reply = opened(page, "#p=0.3&seed=7&variant=dropout&numbers=normal&shape=6x5")
    assert table(page, "output") == shown(reply["output"])
    assert table(page, "mask") == shown(reply["mask"])


def test_the_colours_are_the_reply(page: Any) -> None:
    """Each cell's colour is as far on the way from zero's to an end's as its value is to the largest; mask too."""
    reply = opened(page, "#p=0.4&seed=3&variant=dropout&numbers=normal&shape=5x4")
    sent = json.loads(page.evaluate("document.getElementById('code').textContent").split("-d '")[1][:-2])
    ends = {name: tuple(int(text[k : k + 2], 16) for k in (1, 3, 5)) for name, text in page.evaluate(_COLOURS).items()}
    most = max(map(abs, flat(sent["input"]) + flat(reply["output"])))

    def palette(value: float) -> list[float]:
        end = ends["neg" if value < 0 else "pos"]
        return [zero + (to - zero) * abs(value) / most for zero, to in zip(ends["zero"], end, strict=True)]

    masked: list[list[float]] = [list(ends["keep" if keep else "zero"]) for keep in flat(reply["mask"])]
    wanted: dict[str, list[list[float]]] = {
        "map-input": list(map(palette, flat(sent["input"]))),
        "map-mask": masked,
        "map-output": list(map(palette, flat(reply["output"]))),
    }
    for name, colours in wanted.items():
        for pixel, colour in zip(page.evaluate(_PIXELS, [name, 5, 4]), colours, strict=True):
            assert pixel == pytest.approx(colour, abs=1)


def test_zero_and_the_ends_of_the_scale_differ_for_every_eye(page: Any) -> None:
    """Blue and orange stay apart where red or green is not seen: their blue parts differ by far."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/")
        colours = page.evaluate(_COLOURS)
        assert int(colours["pos"][5:], 16) - int(colours["neg"][5:], 16) > 100


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_layer_can_be_chosen(page: Any, variant: str) -> None:
    """Each layer of /v1/variants brings numbers that fit it, and is drawn; its own controls are there, no others."""
    opened(page, "#p=0.4&seed=1&variant=dropout&mode=eval")
    rows = {row["name"]: row for row in page.request.get("/v1/variants").json()["variants"]}
    assert tuple(rows) == VARIANTS == tuple(page.locator("#variant option").all_inner_texts())
    drawn(page, lambda: page.check("input[name=mode][value=train]"))
    if variant != "dropout":
        reply = drawn(page, lambda: page.select_option("#variant", variant))
        assert reply["replay"]["variant"] == variant
    heard(page, "statistics", "drop")
    for parameter, name in OWN.items():
        shown = page.locator(f"#controls [name={name}]").first.is_visible()
        assert shown == (parameter in rows[variant]["parameters"])
    painted = page.evaluate(
        "() => document.getElementById('map-output').getContext('2d').getImageData(4, 4, 1, 1).data[3]"
    )
    assert painted == 255


def test_a_cell_shows_its_arithmetic(page: Any) -> None:
    """Where one points, the same cell is marked in all three maps, and the line says how its output comes about."""
    reply = opened(page)
    box = page.locator("#map-mask").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 7 / 8, box["y"] + box["height"] / 10)  # row 0, column 3
    assert page.locator(".cursor:visible").count() == 3
    assert page.locator("#arithmetic").inner_text() == "[0, 3] dropped: 0.1022 · 0 = 0"
    assert not reply["mask"][0][3]
    page.mouse.move(box["x"] + box["width"] / 8, box["y"] + box["height"] / 10)
    assert page.locator("#arithmetic").inner_text() == "[0, 0] kept: 0.6485 · 1 ÷ 0.6 = 1.0808"


def test_p_of_1_says_why_there_is_no_scale(page: Any) -> None:
    """At p = 1 everything is 0, and the page tells that 1/(1 − p) has no value."""
    reply = opened(page, "#p=1&seed=1&variant=dropout")
    assert set(flat(reply["output"])) == {0}
    assert page.locator("#shares").inner_text() == "drops 100 % · keeps 0 % · no scale: 1/(1 − 1) has no value"


def test_evaluation_is_the_input_bit_for_bit(page: Any) -> None:
    """In evaluation the output's table is the input's, and the page says so."""
    opened(page)
    drawn(page, lambda: page.check("input[name=mode][value=eval]"))
    heard(page, "statistics", "bit for bit")
    assert table(page, "output") == table(page, "input")


def test_the_scalings_are_compared(page: Any) -> None:
    """Inverted and inference scaling agree in training and evaluation, none does not: in words."""
    opened(page)
    words = {
        row.locator("th").text_content(): row.locator("td").last.inner_text()
        for row in page.locator("#why tbody tr").all()
    }
    assert {name: text.split(",")[0].split(":")[0] for name, text in words.items()} == {
        "inverted": "yes",
        "inference": "yes",
        "none": "no",
    }
    train, evaluation = (number_in(page, f"#why tbody tr:last-child td:nth-of-type({k})") for k in (1, 2))
    times = float(words["none"].removeprefix("no: evaluation is ").removesuffix(" times as large"))
    # means are shown to four decimals, their ratio to two
    assert abs(times - evaluation / train) <= 0.005 + evaluation / train * 0.5e-4 * (1 / train + 1 / evaluation)


def test_many_runs_are_one_call(page: Any) -> None:
    """The chart of runs is of one reply of /v1/dropout/simulate, on the very numbers that the page made up itself."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/simulate") else None)
    with page.expect_response("**/v1/dropout/simulate") as response:
        page.goto("/" + LARGE)
    told = response.value.json()
    page.wait_for_selector("#runs-chart svg")
    assert len(asked) == 1
    assert len(told["runs"]) == 200
    assert page.locator("#input-under").inner_text() == f"mean {number(told['runs'][0]['input_mean'])}"
    assert (
        f"mean of the output is {number(told['summary']['output_mean'])}" in page.locator("#runs-summary").inner_text()
    )
    margin = 1.96 * told["summary"]["standard_error"]
    assert number(told["summary"]["output_mean"] + margin) in page.locator("#runs-summary").inner_text()


def test_experiments_are_on_what_is_seen(page: Any) -> None:
    """Another layer that is chosen while they wait has its own ones later; none is asked for a bit of each."""

    def late(route: Any) -> None:
        sleep(0.4 if '"output"' in route.request.post_data else 0)  # longer than experiments wait
        route.continue_()

    opened(page)
    page.route("**/v1/dropout", late)
    drawn(page, lambda: page.fill("#p", "0.3"))
    drawn(page, lambda: page.select_option("#variant", "dropout2d"))
    page.wait_for_load_state("networkidle")  # the page fixture hears of what was refused


def test_the_spike_at_zero_has_its_share(page: Any) -> None:
    """The histogram's label is the share of zeros in the reply."""
    reply = opened(page, LARGE)
    share = reply["statistics"]["output"]["zero_fraction"]
    assert page.locator("#spread-chart .strong").text_content() == f"{number(round(share * 100, 1))} % zeros"


def test_what_was_drawn_unseen_is_drawn_anew(page: Any) -> None:
    """Opened at verification, the figure and the charts have their full width once one turns to them."""
    page.goto("/#p=0.4&seed=1&variant=dropout&view=verify")
    page.wait_for_selector("#runs-chart svg", state="attached")
    page.click("#tab-see")
    for name in ("#map-input", "#runs-chart svg", "#spread-chart svg"):
        assert page.locator(name).bounding_box()["width"] > 230


# How it is used


def test_p_and_its_slider_are_one(page: Any) -> None:
    """What is written in the field moves the slider, and the other way round; the words follow."""
    opened(page)
    drawn(page, lambda: page.fill("#p", "0.25"))
    assert page.input_value("#slider") == "0.25"
    heard(page, "shares", "drops 25 % · keeps 75 % · scale 1.333")
    drawn(page, lambda: page.locator("#slider").fill("0.9"))
    assert page.input_value("#p") == "0.9"


def test_a_keyboard_is_enough(page: Any) -> None:
    """With Tab and arrows alone one reads a cell's arithmetic, changes p, and hears what came of it."""
    opened(page)
    reached: list[str] = []
    while "slider" not in reached:
        assert len(reached) < 40
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
        if reached[-1] == "maps":
            page.keyboard.press("ArrowRight")
            heard(page, "live", "[0, 1] kept")
    assert "maps" in reached
    reply = drawn(page, lambda: page.keyboard.press("ArrowRight"))
    assert reply["replay"]["p"] == 0.41
    heard(page, "live", "At p = 0.41")
    assert f"output mean {number(reply['statistics']['output']['mean'])}" in page.locator("#live").inner_text()


def test_every_control_can_be_reached_and_has_a_name(page: Any) -> None:
    """Tab comes by everything that can be used, and nothing is smaller than 24 pixels."""
    opened(page, LARGE)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, summary, textarea, input")].filter(field => {
          const { width, height } = (field.closest("label") ?? field).getBoundingClientRect();
          return field.checkVisibility() && Math.min(width, height) < 24;
        }).map(field => field.id || field.name)"""
    )
    assert small == []


def test_the_address_is_the_whole_state(page: Any) -> None:
    """Opened again, a page's address gives the same numbers, a seed of 64 bits and one's own numbers among them."""
    opened(page)
    drawn(page, lambda: page.select_option("#numbers", "own"))
    drawn(page, lambda: page.fill("#data", "1, -2.5, 3e-3\n4; 5 6"))
    drawn(page, lambda: page.fill("#seed", str(WORD)))
    page.locator("#seed").blur()
    reply = drawn(page, lambda: page.fill("#p", "0.55"))
    page.locator("#p").blur()
    assert f"seed={WORD}" in page.url
    before = table(page, "output")
    assert before == shown(reply["output"])
    again = drawn(page, page.reload)
    assert again["output"] == reply["output"]
    assert again["replay"]["seed"] == str(WORD)
    page.wait_for_selector("#why tbody td")
    assert table(page, "output") == before


def test_numbers_of_another_rank_than_the_example_come_back(page: Any) -> None:
    """A table put through a layer whose example has three dimensions is still that table when it is opened again."""
    opened(page)
    drawn(page, lambda: page.select_option("#variant", "feature_alpha_dropout"))
    reply = drawn(page, lambda: page.select_option("#numbers", "article"))
    assert reply["shape"] == [5, 4]
    assert drawn(page, page.reload)["output"] == reply["output"]


def test_back_and_forward_change_the_state(page: Any) -> None:
    """The browser's history is the history of the page's states."""
    opened(page)
    for p in ("0.2", "0.7"):
        drawn(page, lambda p=p: page.fill("#p", p))  # type: ignore[misc]
        page.locator("#p").blur()
        page.wait_for_timeout(600)  # what follows at once is one step
    assert drawn(page, page.go_back)["replay"]["p"] == 0.2
    assert drawn(page, page.go_back)["replay"]["p"] == 0.4
    assert drawn(page, page.go_forward)["replay"]["p"] == 0.2
    assert page.input_value("#p") == "0.2"


def test_what_is_untouched_leaves_no_trace(page: Any) -> None:
    """Opening the page adds nothing to its address, nor to the history."""
    opened(page)
    assert page.url.endswith("/")
    assert page.evaluate("history.length") == 2  # the blank page, and this one


def test_a_malformed_address_falls_back_and_says_so(page: Any) -> None:
    """What is wrong in an address is named, the usual stands in its place, and what is unknown is ignored."""
    reply = opened(page, "#p=7&seed=-1&variant=dropout&colour=red&shape=0x9&mode=eval")
    assert (reply["replay"]["p"], reply["replay"]["training"]) == (0.4, False)
    notice = page.locator("#notice").inner_text()
    assert all(name in notice for name in ("p must be", "seed must be", "shape must be"))
    assert "colour" not in notice


def test_redraw_takes_another_seed(page: Any) -> None:
    """The button draws another mask, whose seed stands in its field and in the address."""
    opened(page)
    reply = drawn(page, lambda: page.click("#redraw"))
    assert page.input_value("#seed") == str(reply["replay"]["seed"]) != "378139"
    assert f"seed={reply['replay']['seed']}" in page.url


def test_own_numbers_are_taken_as_csv_and_as_json(page: Any) -> None:
    """Both notations of the same array give the same reply, of any rank."""
    opened(page)
    drawn(page, lambda: page.select_option("#numbers", "own"))
    csv = drawn(page, lambda: page.fill("#data", "1, 2\n3, 4.5"))
    nested = drawn(page, lambda: page.fill("#data", "[[1, 2], [3, 4.5]]"))
    assert csv["output"] == nested["output"]
    assert csv["shape"] == [2, 2]
    assert drawn(page, lambda: page.fill("#data", "[[[1, 2]], [[3, 4.5]]]"))["shape"] == [2, 1, 2]


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("p", "1.5", "p must be a number from 0 to 1."),
        ("seed", str(WORD + 1), f"seed must be an integer from 0 to {WORD}."),
        ("runs", "1", "runs must be an integer from 2 to 2000."),
    ],
)
def test_a_bad_field_is_told_there_and_nothing_is_asked(page: Any, field: str, text: str, told: str) -> None:
    """What cannot be meant is refused at its field, marked for eyes and ears; the figure stays."""
    opened(page)
    before = page.locator("#statistics").inner_text()
    page.fill(f"#{field}", text)
    page.wait_for_selector(f"#{field}[aria-invalid=true]")
    assert page.locator(f"#{field}-error").inner_text() == told
    assert page.locator("#statistics").inner_text() == before
    drawn(page, lambda: page.fill(f"#{field}", "1" if field != "runs" else "50"))
    page.wait_for_selector(f"#{field}:not([aria-invalid])")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1, 2\n3, four", "Line 2, column 2: “four” is no number."),
        ("[[1, 2], [3]]", "/input/1"),
        ("[[1, true]]", "every element must be a number, got a boolean"),
    ],
)
def test_bad_numbers_are_told_at_the_field(rough: Any, text: str, told: str) -> None:
    """What is wrong stands at the field, which is marked; whether the page has seen it or the service."""
    opened(rough)
    drawn(rough, lambda: rough.select_option("#numbers", "own"))
    rough.fill("#data", text)
    rough.wait_for_selector("#data[aria-invalid=true]")
    message = rough.locator("#data-error").inner_text()
    assert told in message or (told.startswith("/") and "length" in message)
    assert "data-error" in rough.locator("#data").get_attribute("aria-describedby")


def test_a_refusal_is_told_at_its_field(rough: Any) -> None:
    """The pointer of a problem leads to the control: p = 1 is refused by gaussian dropout; another p clears it."""
    opened(rough, "#p=1&seed=1&variant=dropout")
    rough.select_option("#variant", "gaussian_dropout")
    rough.wait_for_selector("#p[aria-invalid=true]")
    assert rough.locator("#p-error").inner_text().startswith("p must be below 1")
    drawn(rough, lambda: rough.fill("#p", "0.5"))
    rough.wait_for_selector("#p:not([aria-invalid])")
    assert not rough.locator("#p-error").is_visible()


def test_findings_are_told(rough: Any) -> None:
    """What /v1/dropout/verify finds is written out: the verdict, each sentence, and what the checks could have seen."""
    finding = {
        "code": "missing_scale",
        "message": "Survivors are the input.",
        "expected": 1.5,
        "seen": 1.0,
        "p_value": 0.0,
        "type": "/findings/missing_scale",
    }
    check = {
        "name": "scale",
        "law": "survivors are the input times 1/(1 − p)",
        "statistic": 1.0,
        "p_value": 0.0,
        "detectable": {"message": "any other scale", "smallest": 0.0, "enough": True},
    }
    reply = json.dumps({"verdict": "fail", "findings": [finding], "checks": [check], "layer": {}})
    asked: list[Any] = []

    def answer(route: Any) -> None:
        asked.append(json.loads(route.request.post_data))
        route.fulfill(status=200, content_type="application/json", body=reply)

    rough.route("**/v1/dropout/verify", answer)
    told = opened(rough)
    rough.click("#tab-verify")
    rough.click("#own")
    rough.wait_for_selector("#findings:not([hidden])")
    assert asked[0]["output"] == told["output"]
    assert (asked[0]["p"], asked[0]["training"], asked[0]["scaling"]) == (0.4, True, "inverted")
    text = rough.locator("#findings").inner_text()
    assert all(
        part in text
        for part in ("Fail", "Survivors are the input.", "Expected 1.5, seen 1", "any other scale", check["law"])
    )
    assert rough.get_by_role("link", name="missing_scale").get_attribute("href") == "/findings/missing_scale"


def test_a_file_can_be_dropped(page: Any) -> None:
    """A file let fall on a field of verification is read into it."""
    opened(page)
    page.click("#tab-verify")
    transfer = page.evaluate_handle(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["1, 2.5\\n-3, 4"], "x.csv"));
          return transfer;
        }"""
    )
    page.dispatch_event("#v-output", "drop", {"dataTransfer": transfer})
    page.wait_for_selector("#v-output[data-read='x.csv']")
    assert json.loads(page.input_value("#v-output")) == [[1, 2.5], [-3, 4]]


# What is taken along


@pytest.mark.parametrize("variant", VARIANTS)
def test_copied_code_gives_the_numbers_on_the_page(page: Any, variant: str) -> None:
    """Run as it was copied, the code prints the page's output: what was sent again, or by the law without a service."""
    wanted = opened(page, f"#p=0.3&seed={2**63 + 1}&variant={variant}")["output"]
    assert printed("bash", "-c", copied(page, "curl"))["output"] == wanted
    assert printed(sys.executable, "-c", copied(page, "httpx")) == wanted
    numpy, torch = (printed(sys.executable, "-c", copied(page, language)) for language in ("numpy", "torch"))
    if variant != "gaussian_dropout":  # logarithms of libraries differ
        assert numpy == wanted
    for output in (numpy, torch):
        assert flat(output) == pytest.approx(flat(wanted), rel=1e-12)


@pytest.mark.parametrize(
    "address",
    [
        "#p=1&seed=5&variant=dropout",
        "#p=0&seed=5&variant=alpha_dropout",
        "#p=0.4&seed=5&variant=dropout&share=0&numbers=normal&shape=4x3",
        "#p=0.4&seed=5&variant=dropout&scaling=none",
        "#p=0.4&seed=5&variant=dropout&scaling=inference&mode=eval",
        "#p=0.4&seed=5&variant=dropout2d&last=1",
        "#p=0.3&seed=5&variant=drop_block2d&block=3&numbers=uniform&shape=2x1x9x8",
    ],
)
def test_numpy_follows_the_law_in_every_mode(page: Any, address: str) -> None:
    """Shared decisions, other scalings, the edges of p, and evaluation are reproduced by the copied code as well."""
    reply = opened(page, address)
    assert printed(sys.executable, "-c", copied(page, "numpy")) == reply["output"]


def test_copied_javascript_gives_the_numbers_on_the_page(page: Any) -> None:
    """The code with fetch, run in the page's own console, prints the page's output."""
    reply = opened(page, f"#p=0.3&seed={WORD}&variant=dropout")
    code = copied(page, "fetch").replace("console.log(", "return (")
    assert page.evaluate(f"async () => {{ {code} }}") == reply["output"]


# What must hold


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_nothing(page: Any, mode: str, width: int) -> None:
    """No rule of axe's is broken, and nothing lies beyond the width: a window of 1280 at 400 % is one of 320."""
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(**MODES[mode])
    page.set_viewport_size({"width": width, "height": 800})
    opened(page)
    page.wait_for_selector("#unit-chart svg")
    page.click("#shown summary")
    page.click("#network summary")
    for view in ("see", "verify"):
        page.click(f"#tab-{view}")
        found = Axe().run(page)
        assert [violation["id"] for violation in found.response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_without_the_header(page: Any, width: int) -> None:
    """As a part of another page it breaks no rule either."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 800})
    drawn(page, lambda: page.goto("/?embed=1"))
    page.wait_for_selector("#unit-chart svg")
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_input_is_painted_in_a_moment(page: Any) -> None:
    """From a turn of the slider to the frame with its 32 × 32 numbers, the call included, the median is < 50 ms."""
    opened(page, LARGE)
    taken = page.evaluate(_PAINTS, 50)
    assert median(taken) < 50, sorted(taken)


def test_it_says_when_the_server_is_away_and_recovers(chromium: Any, start: Callable[..., Service]) -> None:
    """Without an answer the page says so and tries again; once there is a server, it draws what the controls say."""
    service = start()
    port = str(service.address[1])
    context = chromium.new_context(base_url=service.url)
    page = context.new_page()
    opened(page)
    service.stop()
    page.fill("#p", "0.8")
    page.get_by_text("The service does not answer. Trying again").wait_for()
    start(port=port)
    page.wait_for_selector("#away", state="hidden")
    heard(page, "shares", "drops 80 %")
    context.close()


def test_it_comes_to_life_when_the_server_does(rough: Any) -> None:
    """Opened while the service gives no answer, the page shows the example it came with, and takes up work later."""
    rough.route("**/v1/**", lambda route: route.abort())
    rough.goto("/")
    rough.get_by_text("The service does not answer. Trying again").wait_for()
    assert "1.0808" in rough.locator("#maps").inner_text()
    rough.unroute("**/v1/**")
    rough.wait_for_selector("#why tbody td")
    assert not rough.locator("#away").is_visible()


def test_it_waits_as_long_as_a_busy_server_asks(rough: Any) -> None:
    """On 503 the seconds of Retry-After are counted down, then the call is sent again."""
    opened(rough)
    problem = json.dumps({"status": 503, "detail": "saturated", "code": "saturated"})
    headers = {"Retry-After": "3", "Content-Type": "application/problem+json"}
    rough.route("**/v1/dropout", lambda route: route.fulfill(status=503, headers=headers, body=problem))
    rough.fill("#p", "0.8")
    rough.get_by_text("The service is busy. Trying again in 3 s.").wait_for()
    rough.get_by_text("The service is busy. Trying again in 2 s.").wait_for()
    rough.unroute("**/v1/dropout")
    rough.wait_for_selector("#away", state="hidden")


def test_it_can_be_part_of_another_page(chromium: Any, url: str) -> None:
    """In a frame of another origin, without a header, it draws, says where the whole is, and code can be copied."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(url.replace("127.0.0.1", "localhost") + "/health/live")  # another origin by its name
    page.evaluate(
        """address => document.body.append(Object.assign(document.createElement("iframe"),
        { src: address, width: 900, height: 700 }))""",
        f"{url}/?embed=1#p=0.2&seed=3&variant=dropout&numbers=article",
    )
    frame = page.frame_locator("iframe")
    frame.locator("#shares", has_text="drops 20 %").wait_for()
    assert not frame.locator("header nav").is_visible()
    assert frame.locator("footer .whole").is_visible()
    frame.locator("#copy").click()
    frame.locator("#live", has_text="Copied").wait_for(state="attached")
    context.close()


def test_nobody_else_may_frame_the_whole_page(chromium: Any, url: str) -> None:
    """With its header it is nobody's part."""
    page = chromium.new_page()
    page.goto(url.replace("127.0.0.1", "localhost") + "/health/live")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.evaluate(
            """address => document.body.append(Object.assign(document.createElement("iframe"),
            { src: address }))""",
            url,
        )
    page.close()


def test_the_picture_beside_links_is_of_this_page(page: Any) -> None:
    """1200 × 630, as those who show links want it; renewed where PLAYGROUND_PICTURE is set."""
    page.set_viewport_size({"width": 1200, "height": 630})
    opened(page)
    page.mouse.move(*(page.locator("#map-output").bounding_box()[axis] + 100 for axis in ("x", "y")))
    if os.environ.get("PLAYGROUND_PICTURE"):
        (FILES / "picture.png").write_bytes(page.screenshot())  # type: ignore[attr-defined]
    assert page.request.get("/playground/picture.png").ok


def test_the_picture_in_the_readme_is_of_this_page(page: Any) -> None:
    """The page at its widest; kept as the README's picture where PLAYGROUND_PICTURE is set."""
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page)
    page.mouse.move(*(page.locator("#map-output").bounding_box()[axis] + 100 for axis in ("x", "y")))
    if os.environ.get("PLAYGROUND_PICTURE"):
        PICTURE.write_bytes(page.screenshot())
    assert 10_000 < PICTURE.stat().st_size < 150_000
