"""Inputs altered token by token, as a fuzzer that changes bytes hardly ever does: they stay what a parser reads on."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

Tokens = list[bytes]

_TOKEN: Final = re.compile(rb"""'[^']*'|"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[A-Za-z_]+|[ \n]+|.""", re.DOTALL)
_NUMBERS: Final = tuple(
    str(number).encode()
    for number in (
        0,
        1,
        2,
        3,
        -1,
        0.5,
        65520,
        1e39,
        1e999,
        2**31,
        2**53,
        2**63 - 1,
        2**63,
        2**64,
        10**19,
        10**400,
        "NaN",
        "null",
    )
)


def altered(data: bytes, most: int, seed: int, words: Sequence[bytes]) -> bytes:
    """An input with a few of its tokens changed, of at most so many bytes."""
    chance, tokens = Random(seed), _TOKEN.findall(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(tokens))
        chance.choice(_CHANGES)(tokens, at, chance, words)
    return b"".join(tokens)[:most]


def _drop(tokens: Tokens, at: int, chance: Random, words: Sequence[bytes]) -> None:  # noqa: ARG001 - as the others
    del tokens[at : at + chance.choice([1, 1, 2, 4])]


def _insert(tokens: Tokens, at: int, chance: Random, words: Sequence[bytes]) -> None:
    tokens.insert(at, chance.choice(words))


def _repeat(tokens: Tokens, at: int, chance: Random, words: Sequence[bytes]) -> None:  # noqa: ARG001 - as the others
    tokens[at:at] = tokens[at : at + chance.randint(1, 30)] * chance.choice([1, 1, 2, 100])


def _move(tokens: Tokens, at: int, chance: Random, words: Sequence[bytes]) -> None:  # noqa: ARG001 - as the others
    to, count = chance.randint(0, len(tokens)), chance.randint(1, 12)
    tokens[to:to] = tokens[at : at + count]


def _replace(tokens: Tokens, at: int, chance: Random, words: Sequence[bytes]) -> None:
    tokens[at : at + 1] = [chance.choice(chance.choice([words, tokens or words]))]


def _count(tokens: Tokens, at: int, chance: Random, words: Sequence[bytes]) -> None:  # noqa: ARG001 - as the others
    places = [place for place, token in enumerate(tokens) if token[-1:].isdigit()]
    if places:
        tokens[chance.choice(places)] = chance.choice(_NUMBERS)


_CHANGES: Final[Sequence[Callable[[Tokens, int, Random, Sequence[bytes]], None]]] = (
    *(_drop, _insert, _repeat, _move, _replace, _count),
)
