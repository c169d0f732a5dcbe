"""The page as it is served: a call and its reply, written out, so that it teaches without a script.

The script takes over this markup, and keeps to its words: what stands here is what it would write.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

FILES: Final = files(__name__.rpartition(".")[0])
"""Where the page is."""
FOLDER: Final = FILES / "page"
"""What it loads, served as it is."""
PICTURE: Final = FILES / "picture.png"
"""What is shown beside a link to it."""

Rows = Sequence[Sequence[float]]


def page(call: Mapping[str, Any], reply: Mapping[str, Any], *, root: str, address: str, embedded: bool = False) -> str:
    """The page, with a call on a table and the reply to it; the addresses in it begin with the root.

    address : where the service is seen from outside; embedded : as part of another page, without a header.
    """
    x, y, kept = call["input"], reply["output"], reply["mask"]
    most = max(abs(value) for table in (x, y) for row in table for value in row)
    return Template((FILES / "index.html").read_text("utf-8")).substitute(
        root=root,
        address=escape(address),
        kind="embed" if embedded else "page",
        modules=_preloads(root),
        seed=call["seed"],
        input=_table("input", x, ([_shade(value, most) for value in row] for row in x)),
        mask=_table("mask", kept, ([_mark(keep) for keep in row] for row in kept)),
        output=_table("output", y, _dropped(y, kept, most)),
        **_answers(call, reply),
        shares=escape(_shares(call["p"], reply["layer"]["scale"])),
        arithmetic="".join(f"<p>{escape(line)}</p>" for line in _arithmetic(x, kept, y, reply["layer"])),
        input_under=f"mean {number(reply['statistics']['input']['mean'])}",
        mask_under=f"{sum(map(sum, kept))} of {sum(map(len, kept))} kept",
        output_under=f"mean {number(reply['statistics']['output']['mean'])}",
        statistics=escape(_counted(call["p"], reply["statistics"])),
        least=number(-most),
        most=number(most),
    )


def _preloads(root: str) -> str:
    """The links to all modules, so that the browser asks for them at once, whichever needs which."""
    names = sorted(file.name for file in FOLDER.iterdir() if file.name.endswith(".js"))
    return "\n".join(f'<link rel="modulepreload" href="{root}/playground/{name}">' for name in names)


def number(value: float) -> str:
    """A number as the page shows it: four decimals at most."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def _table(name: str, rows: Rows, shades: Iterable[list[str]]) -> str:
    lines = "".join(_line(*line) for line in zip(rows, shades, strict=True))
    return f"<table><caption>{name}</caption>{lines}</table>"


def _line(values: Sequence[float], shades: list[str]) -> str:
    cells = (f'<td class="{shade}">{number(value)}</td>' for value, shade in zip(values, shades, strict=True))
    return f"<tr>{''.join(cells)}</tr>"


def _shade(value: float, most: float) -> str:
    """The class of a colour: the sign, and how many tenths of the largest number."""
    return f"{'n' if value < 0 else 'p'}{round(abs(value) / (most or 1) * 10)}"


def _mark(keep: bool) -> str:
    return "kept" if keep else "dropped"


def _dropped(rows: Rows, kept: Sequence[Sequence[bool]], most: float) -> Iterable[list[str]]:
    for row, keeps in zip(rows, kept, strict=True):
        yield [_shade(value, most) if keep else "dropped" for value, keep in zip(row, keeps, strict=True)]


def _percent(share: float) -> str:
    return f"{number(round(share * 100, 1))} %"


def _shares(p: float, scale: float) -> str:
    return f"drops {_percent(p)} · keeps {_percent(1 - p)} · scale {scale:.3f}"


def _arithmetic(x: Rows, kept: Sequence[Sequence[bool]], y: Rows, layer: Mapping[str, Any]) -> Iterable[str]:
    """The first number that is kept, and the first that is dropped."""
    places = [(i, j) for i, row in enumerate(kept) for j in range(len(row))]
    for keep in (True, False):
        i, j = next((i, j) for i, j in places if kept[i][j] is keep)
        times = f"1 ÷ {number(layer['keep_prob'])}" if keep else "0"
        yield f"[{i}, {j}] {_mark(keep)}: {number(x[i][j])} · {times} = {number(y[i][j])}"


def _answers(call: Mapping[str, Any], reply: Mapping[str, Any]) -> dict[str, str]:
    """The numbers in the answers to questions, by what the page calls them."""
    p, mean = call["p"], reply["statistics"]["input"]["mean"]
    return {
        "p": number(p),
        "keep": number(1 - p),
        "share": _percent(p),
        "left": _percent(1 - p),
        "scale": number(1 / (1 - p)),
        "swapped": number(1 / p),
        "count": str(reply["statistics"]["input"]["size"]),
        "gone": str(reply["statistics"]["dropped"]),
        "mean": number(mean),
        "less": number(mean * (1 - p)),
        "first": number(call["input"][0][0]),
    }


def _counted(p: float, statistics: Mapping[str, Any]) -> str:
    low, high = map(_percent, statistics["expected_drop_rate_interval"])
    return (
        f"{statistics['dropped']} of {statistics['decisions']} decisions were to drop, "
        f"{_percent(statistics['drop_rate'])}. At p = {number(p)} it is {low} to {high}, 99 times of 100."
    )
