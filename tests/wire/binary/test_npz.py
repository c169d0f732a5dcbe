"""numpy's archives are read bit for bit, whoever wrote them; other bytes are refused before they cost memory."""

import io
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FloatArray
from app.errors import Invalid, Malformed, TooLarge
from app.wire.binary import npz
from app.wire.verify import ARRAYS
from tests.core.oracle import bits
from tests.wire.binary import files
from tests.wire.binary.archives import (
    DEFLATED,
    DIRECTORY,
    END,
    FILE,
    FULL,
    GOOD,
    HOSTILE,
    OTHERS,
    Member,
    X,
    archive,
    deflated,
    saved,
    written,
    zip64,
)
from tests.wire.binary.files import floats
from tests.wire.given import LIMITS, Refusal, few, memory, refusal, seconds

SMALL: Final = LIMITS.model_copy(update={"max_body_bytes": 2**16})
"""Limits of a service that takes little."""


def read(body: bytes) -> dict[str, FloatArray]:
    """The arrays of an archive."""
    return npz.read(body, ARRAYS, LIMITS)


# What is refused

ALLOWED: Final = 2**18
"""Bytes that refusing may take besides twice the body: the directory's, a step's, and Python's own."""


def test_a_hostile_archive_is_refused() -> None:
    """Bytes that are no archive of arrays get one kind of error; what is wrong with an array is so in its field."""
    found = {name: refusal(read, hostile.body) for name, hostile in HOSTILE.items()}
    assert found == {name: Refusal(*hostile[1:]) for name, hostile in HOSTILE.items()}


def test_a_hostile_archive_costs_nothing() -> None:
    """Whatever an archive says of itself, it takes no more memory than its own bytes and those of its members.

    And six times its directory, of 128 KiB at most, for what Python has of each member.
    """
    for hostile in HOSTILE.values():
        with memory(2 * len(hostile.body) + 6 * min(len(hostile.body), 2**17) + ALLOWED):
            refusal(read, hostile.body)


def test_an_archive_cut_off_anywhere_is_refused() -> None:
    """Its end is where it is found by."""
    found = {refusal(read, GOOD[:size]) for size in range(len(GOOD))}
    assert found == {Refusal(Malformed, "malformed_npz", "")}


def test_a_directory_is_bounded() -> None:
    """A directory of half a million entries is not made objects of: that would be 20 times its size."""
    body = GOOD[DIRECTORY:END] * 250_000
    body += b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 0, 0, len(body), 0, 0)
    with memory(2 * len(body)):
        assert seconds(refusal, read, body) < 1


ZEROS: Final = files.file(files.head(shape=f"({2**22},)"), bytes(2**25))
"""A file of 32 MiB."""
PACKED: Final = Member(content=deflated(ZEROS), method=DEFLATED, as_it_is=True, crc=zlib.crc32(ZEROS), size=len(ZEROS))
BOMBS: Final = {
    "as it is": PACKED,
    "said to be small": PACKED._replace(size=len(FILE)),
    "said to be of 2^32 - 1": PACKED._replace(size=FULL),
    "said to be of 2^63": PACKED._replace(size=FULL, extra=zip64(size=2**63)),
    "said to be small in its own header": PACKED._replace(local={"size": len(FILE)}),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_defused(bomb: Member) -> None:
    """What inflates beyond a body's limit is refused when it does, whatever size it is said to have."""
    body = archive(bomb)
    assert len(body) < 2**16
    with memory(2 * len(body) + 4 * 2**20):
        assert refusal(npz.read, body, ARRAYS, SMALL).error in {TooLarge, Malformed}


def test_all_members_together_are_bounded() -> None:
    """Each is within the limit and all of them are not: too large, with the limit's setting."""
    half = files.saved(np.zeros(2**12 - 2**6))  # 32 KiB less 512 bytes, and a header
    two, three = (
        archive(*[Member(f"{name}.npy".encode(), half, DEFLATED) for name in ARRAYS[:count]]) for count in (2, 3)
    )
    assert set(npz.read(two, ARRAYS, SMALL)) == set(ARRAYS[:2])
    assert refusal(npz.read, three, ARRAYS, SMALL) == (TooLarge, "body_too_large", "")
    with pytest.raises(TooLarge, match="DROPOUT_MAX_BODY_BYTES"):
        npz.read(three, ARRAYS, SMALL)


def check(body: bytes) -> None:
    """An archive is read, or refused with an error of ours."""
    with suppress(Malformed, Invalid, TooLarge):
        assert read(body).keys() <= set(ARRAYS)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    """Bytes that are no archive are refused as what they are, alone and before, behind or in one."""
    for body in (noise, noise + GOOD, GOOD + noise, GOOD[:DIRECTORY] + noise + GOOD[DIRECTORY:]):
        check(body)


SEEDS: Final = [GOOD, saved({"input": X, "output": X}, np.savez_compressed), written(DEFLATED, stream=True, input=FILE)]


@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4), st.integers(0, 4)), max_size=4)
)
def test_any_change_is_read_or_refused(seed: bytes, changes: list[tuple[float, bytes, int]]) -> None:
    """An archive with a few bytes replaced, added or taken is one, or refused as none."""
    body = bytearray(seed)
    for place, put, gone in changes:
        at = int(place * len(body))
        body[at : at + gone] = put
    check(bytes(body))


# What others write is read


@few
@given(st.dictionaries(st.sampled_from(ARRAYS), floats()), st.sampled_from([np.savez, np.savez_compressed]))
def test_what_numpy_saves_is_read(arrays: dict[str, FloatArray], save: Callable[..., None]) -> None:
    """Arrays of any float type, shape and byte order, in any order of names, are read bit for bit."""
    found = read(saved(arrays, save))
    assert list(found) == list(arrays)
    assert all(bits(found[name]) == bits(x) for name, x in arrays.items())


def test_archives_made_by_hand_are_archives() -> None:
    """The maker of what is refused here makes what numpy reads, if nothing is said that is not true."""
    members = [Member(f"{name}.npy".encode(), FILE, method) for name, method in zip(ARRAYS, (0, 8), strict=False)]
    with np.load(io.BytesIO(archive(*members)), allow_pickle=False) as loaded:
        assert [bits(loaded[name]) for name in ARRAYS[:2]] == [bits(X)] * 2


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_what_others_write_is_read(body: bytes) -> None:
    """Archives of other tools, at once or as a stream, with what an archive may have around it."""
    assert {name: x.tolist() for name, x in read(body).items()} == {"input": X.tolist(), "output": X.tolist()}


def test_an_archive_of_nothing_has_no_arrays() -> None:
    """What is missing is the request's to say."""
    assert read(archive()) == {}


def test_large_arrays_are_read() -> None:
    """Members of many steps come out whole."""
    x = np.random.default_rng(1).random(2**18 + 3)
    for save in (np.savez, np.savez_compressed):
        assert bits(read(saved({"input": x}, save))["input"]) == bits(x)
