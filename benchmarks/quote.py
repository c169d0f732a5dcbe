"""Quotes: the tables of a page that stand in the results too, by their headings, are made those of the results."""

import re
from typing import Final

_TABLE: Final = re.compile(r"^\|.*\n(?:\|.*\n)+", re.MULTILINE)


def tables(text: str) -> list[str]:
    """The tables of a text in Markdown, as they stand."""
    return _TABLE.findall(text)


def quoted(page: str, results: str) -> str:
    """The page with the tables of the results."""
    of = {_headings(one): one for one in tables(results)}
    return _TABLE.sub(lambda found: of.get(_headings(found[0]), found[0]), page)


def _headings(one: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in one.partition("\n")[0].split("|"))
