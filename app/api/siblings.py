"""The processes that serve side by side: each leaves its counts in a file, and whoever is asked adds them up."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from json import dumps, loads
from pathlib import Path

Counts = dict[tuple[str | int, ...], list[float]]
"""Counts by the name of their metric and its labels."""


class Siblings:
    """The processes that leave their counts in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def leave(self, counts: Counts) -> None:
        """Leave the counts of this process, in one step: nobody reads the half of them."""
        file = self._folder / f"{os.getpid()}.json"
        fresh = file.with_suffix(".new")
        fresh.write_text(dumps([*counts.items()]))
        fresh.rename(file)

    def total(self, gone_without: Collection[str]) -> tuple[Counts, list[int]]:
        """The counts of all, and who is still there; of those who are gone, but for these metrics."""
        total, present = Counts(), list[int]()
        for pid, counts in self._left():
            gone = not Path(f"/proc/{pid}").exists()
            for key, values in counts.items():
                if not (gone and key[0] in gone_without):
                    known = total.get(key, [0.0] * len(values))
                    total[key] = [one + other for one, other in zip(known, values, strict=True)]
            present += [] if gone else [pid]
        return total, present

    def _left(self) -> Iterator[tuple[int, Counts]]:
        for file in sorted(self._folder.glob("*.json")):
            with suppress(FileNotFoundError):
                yield int(file.stem), {tuple(key): values for key, values in loads(file.read_text())}
