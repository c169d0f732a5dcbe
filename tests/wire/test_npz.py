"""numpy's archives are read bit for bit, whoever wrote them; other bytes are refused before they cost memory."""

import io
import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import thread_time
from tracemalloc import get_traced_memory, start, stop
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FloatArray
from app.errors import DropoutError, Fault, Invalid, Malformed, TooLarge
from app.wire import npz
from app.wire.verification import ARRAYS
from tests.core.oracle import bits
from tests.wire import test_npy
from tests.wire.given import LIMITS
from tests.wire.test_npy import floats

SMALL: Final = LIMITS._replace(body_bytes=2**16)
"""Limits of a service that takes little."""
X: Final = np.array([1.5, -2.0])
FILE: Final = test_npy.saved(X)
STORED: Final = 0
DEFLATED: Final = 8


def saved(arrays: Mapping[str, Any], save: Callable[..., None] = np.savez) -> bytes:
    """The archive numpy writes."""
    written = io.BytesIO()
    save(written, **arrays)
    return written.getvalue()


def read(body: bytes) -> dict[str, FloatArray]:
    """The arrays of an archive."""
    return npz.read(body, ARRAYS, LIMITS)


class Member(NamedTuple):
    """A member of an archive; what is not said of it is true. `local` are fields of its own header that differ."""

    name: bytes = b"input.npy"
    content: bytes = FILE
    method: int = STORED
    flags: int = 0
    crc: int | None = None
    packed: int | None = None
    size: int | None = None
    extra: bytes = b""
    at: int | None = None
    as_it_is: bool = False
    local: dict[str, Any] = {}  # noqa: RUF012 - never changed


def archive(*members: Member, before: bytes = b"", comment: bytes = b"", **end: int) -> bytes:
    """An archive as APPNOTE.TXT has it; `end` are fields of its last record that are not true."""
    body, directory = before, b""
    for member in members:
        content = member.content if member.method != DEFLATED or member.as_it_is else deflated(member.content)
        known = {"crc": zlib.crc32(member.content), "packed": len(content), "size": len(member.content)}
        told = {name: known[name] if (own := getattr(member, name)) is None else own for name in known}
        fields: dict[str, Any] = {name: getattr(member, name) for name in ("name", "method", "flags", "extra")} | told
        own_fields = fields | member.local
        at = len(body) if member.at is None else member.at
        body += b"PK\3\4" + struct.pack("<H", 20) + described(**own_fields)
        body += own_fields["name"] + own_fields["extra"] + content
        directory += (
            b"PK\1\2" + struct.pack("<HH", 20, 20) + described(**fields) + struct.pack("<HHHLL", 0, 0, 0, 0, at)
        )
        directory += member.name + member.extra
    last = {"count": len(members), "size": len(directory), "at": len(body)} | end
    record = struct.pack("<HHHHLLH", 0, 0, last["count"], last["count"], last["size"], last["at"], len(comment))
    return body + directory + b"PK\5\6" + record + comment


def described(*, name: bytes, method: int, flags: int, extra: bytes, crc: int, packed: int, size: int) -> bytes:
    """What both headers of a member say."""
    return struct.pack("<HHHHLLLHH", flags, method, 0, 0x21, crc, packed, size, len(name), len(extra))


def deflated(content: bytes) -> bytes:
    """Content as a member has it."""
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(content) + packer.flush()


def written(method: int, *, stream: bool = False, comment: bytes = b"", **arrays: bytes) -> bytes:
    """What Python's zipfile writes; to a stream, sizes come behind the members."""
    file: Any = Stream() if stream else io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        made.comment = comment
        for name, content in arrays.items():
            made.writestr(f"{name}.npy", content)
    content = file.getvalue()
    assert isinstance(content, bytes)
    return content


class Stream(io.BytesIO):
    """A file that can't go back."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: int) -> int:
        raise OSError


# What is refused


class Hostile(NamedTuple):
    """An archive and how it is refused."""

    body: bytes
    error: type[DropoutError] = Malformed
    code: str = "malformed_npz"
    pointer: str = ""


def field(content: bytes, error: type[DropoutError], code: str) -> Hostile:
    """An archive whose first array is wrong."""
    return Hostile(archive(Member(content=content), Member(b"output.npy")), error, code, "/input")


def zip64(**values: int) -> bytes:
    """A header's extra field of 64-bit numbers."""
    return struct.pack("<HH", 1, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values.values())


GOOD: Final = archive(Member(), Member(b"output.npy"))
DIRECTORY: Final = GOOD.index(b"PK\1\2")
END: Final = GOOD.index(b"PK\5\6")
ZEROS: Final = test_npy.file(test_npy.head(shape="(33554432,)"), bytes(2**28))
"""A file of 256 MiB."""
FULL: Final = 2**32 - 1
NAMES: Final = [
    *(b"../input.npy", b"/input.npy", b"C:\\input.npy", b"x/input.npy", b"input.npy/", b"input/", b"./input.npy"),
    *(b"INPUT", b"input.npz", b"input.npy.npy", b"INPUT.npy", b"arr_0.npy", b"mask.npy", b"", b".npy", b"input.npy "),
    *(b"x" * 5000 + b".npy", b"\xff\xfe.npy", "ınput.npy".encode(), b"input\n.npy", b"samples.npy"),
]
METHODS: Final = {"shrunk": 1, "imploded": 6, "deflate64": 9, "bzip2": 12, "lzma": 14, "zstd": 93, "xz": 95, "none": 99}
HOSTILE: Final[dict[str, Hostile]] = {
    "nothing": Hostile(b""),
    "JSON": Hostile(b'{"input": [1.0], "output": [1.0]}'),
    "an npy": Hostile(FILE),
    "a pickle": Hostile(pickle.dumps({"input": X}, 4)),
    "a gzip": Hostile(zlib.compress(GOOD, wbits=31)),
    "null bytes": Hostile(bytes(1000)),
    "signatures only": Hostile(b"PK\5\6" * 100),
    **{f"cut off after {size} of {len(GOOD)} bytes": Hostile(GOOD[:size]) for size in range(0, len(GOOD), 13)},
    "end without its comment": Hostile(GOOD[:-1]),
    "garbage after": Hostile(GOOD + b"x" * 2**17),
    "garbage in the middle": Hostile(GOOD[:DIRECTORY] + b"x" + GOOD[DIRECTORY:END] + b"y" + GOOD[END:]),
    # the directory
    "directory too long": Hostile(archive(Member(), size=2**31)),
    "directory too short": Hostile(archive(Member(), size=10)),
    "directory beyond the end": Hostile(archive(Member(), at=2**31)),
    "directory of 10,000 members": Hostile(archive(*[Member(b"%d.npy" % k, b"") for k in range(10_000)])),
    "directory of 1,000 times one member": Hostile(archive(*[Member(at=0)] * 1000)),
    "a member twice": Hostile(archive(Member(), Member())),
    "a member twice, under one header": Hostile(archive(Member(), Member(at=0))),
    "a member twice, with .npy and without": Hostile(archive(Member(), Member(b"input"))),
    "all twice": Hostile(archive(*[Member(f"{name}.npy".encode()) for name in ARRAYS] * 2)),
    "zip64, cut off": Hostile(archive(Member(size=FULL, packed=FULL, extra=zip64(size=10)))),
    "zip64, of 2^64": Hostile(archive(Member(size=FULL, packed=FULL, extra=zip64(size=2**64 - 1, packed=2**64 - 1)))),
    "zip64, a locator to nowhere": Hostile(GOOD[:END] + b"PK\6\7" + struct.pack("<LQL", 0, 2**63, 1) + GOOD[END:]),
    "extra field cut off": Hostile(archive(Member(extra=b"\x01\x00\xff\xff\x00"))),
    # members
    **{f"name {name[:20]!r}": Hostile(archive(Member(name))) for name in NAMES},
    "name not UTF-8, as it says": Hostile(archive(Member(b"\xff.npy", flags=0x800))),
    "name of the own header not UTF-8": Hostile(archive(Member(flags=0x800, local={"name": b"\xff.npy"}))),
    "another name in its own header": Hostile(archive(Member(local={"name": b"output.npy"}))),
    "encrypted": Hostile(archive(Member(flags=1))),
    "encrypted, deflated": Hostile(archive(Member(flags=1, method=DEFLATED))),
    "strongly encrypted": Hostile(archive(Member(flags=0x41))),
    "a patch": Hostile(archive(Member(flags=0x20))),
    **{f"method {name}": Hostile(archive(Member(method=method))) for name, method in METHODS.items()},
    "wrong CRC": Hostile(archive(Member(crc=1))),
    "wrong CRC, deflated": Hostile(archive(Member(crc=1, method=DEFLATED))),
    "no header": Hostile(archive(Member(at=5))),
    "header beyond the end": Hostile(archive(Member(at=2**31))),
    "header in the directory": Hostile(archive(Member(), Member(b"output.npy", at=DIRECTORY))),
    "header before the beginning": Hostile(archive(Member(), at=2**20)),
    "stored, said to be deflated": Hostile(archive(Member(method=DEFLATED, as_it_is=True))),
    "deflated, said to be stored": field(deflated(FILE), Malformed, "malformed_npy"),
    "deflated, cut off": Hostile(archive(Member(method=DEFLATED, packed=20))),
    "deflated garbage": Hostile(archive(Member(content=b"\xff" * 99, method=DEFLATED, as_it_is=True))),
    "larger than it says": Hostile(archive(Member(size=len(FILE) - 8))),
    "larger than it says, deflated": Hostile(archive(Member(size=len(FILE) - 8, method=DEFLATED))),
    "packed size of 2^32 - 1": Hostile(archive(Member(packed=FULL, size=FULL))),
    # arrays
    "empty": field(b"", Malformed, "malformed_npy"),
    "no npy": field(b"x" * 200, Malformed, "malformed_npy"),
    "an archive in it": field(saved({"input": X}), Malformed, "malformed_npy"),
    "objects, pickled": field(test_npy.saved(np.array([None, {}], object)), Invalid, "wrong_type"),
    "integers": field(test_npy.saved(np.arange(3)), Invalid, "wrong_type"),
    "a header of 2 GiB": field(test_npy.HOSTILE["header of 2 GiB"].body, Malformed, "malformed_npy"),
    "4 TiB in 144 bytes": field(test_npy.HOSTILE["4 TiB in 144 bytes"].body, Malformed, "length_mismatch"),
    "33 dimensions": field(test_npy.HOSTILE["33 dimensions"].body, Invalid, "rank_too_high"),
    "0 beside 2^62": field(test_npy.HOSTILE["0 beside 2^62"].body, TooLarge, "too_many_elements"),
    "smaller than it says": field(FILE[:-8], Malformed, "length_mismatch"),
}
"""Archives that must be refused, by what is wrong with them."""
HOSTILES: Final = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)


def refusal(body: bytes, names: Sequence[str] = ARRAYS) -> tuple[type[DropoutError], Fault]:
    """How an archive is refused."""
    with pytest.raises(DropoutError) as caught:
        npz.read(body, names, LIMITS)
    [fault] = caught.value.faults
    return type(caught.value), fault


ALLOWED: Final = 2**18
"""Bytes that refusing may take besides twice the body: the directory's, a step's, and Python's own."""


@HOSTILES
def test_a_hostile_archive_is_refused(hostile: Hostile) -> None:
    """Bytes that are no archive of arrays get one kind of error; what is wrong with an array is so in its field.

    Whatever an archive says of itself, it takes no more than its own bytes and those of its members.
    """
    refusal(hostile.body)
    start()
    try:
        error, fault = refusal(hostile.body)
        assert get_traced_memory()[1] < 2 * len(hostile.body) + ALLOWED
    finally:
        stop()
    assert (error, fault.code, fault.pointer) == (hostile.error, hostile.code, hostile.pointer)
    assert len(fault.message) < 300


BOMBS: Final = {
    "as it is": Member(content=ZEROS, method=DEFLATED),
    "said to be small": Member(content=ZEROS, method=DEFLATED, size=len(FILE)),
    "said to be of 2^32 - 1": Member(content=ZEROS, method=DEFLATED, size=FULL),
    "said to be of 2^63": Member(content=ZEROS, method=DEFLATED, size=FULL, extra=zip64(size=2**63)),
    "said to be small in its own header": Member(content=ZEROS, method=DEFLATED, local={"size": len(FILE)}),
}


@pytest.fixture(scope="module", params=BOMBS)
def bomb(request: pytest.FixtureRequest) -> bytes:
    """An archive of 260 KB whose member inflates to 256 MiB."""
    made = archive(BOMBS[request.param])
    assert len(made) < 2**19
    return made


def test_a_bomb_is_defused(bomb: bytes) -> None:
    """What inflates beyond a body's limit is refused when it does, whatever size it is said to have."""
    start()
    try:
        with pytest.raises((TooLarge, Malformed)):
            npz.read(bomb, ARRAYS, SMALL)
        assert get_traced_memory()[1] < 2 * len(bomb) + 4 * 2**20
    finally:
        stop()


def test_all_members_together_are_bounded() -> None:
    """Each is within the limit and all of them are not: 413, with the limit's setting."""
    half = test_npy.saved(np.zeros(2**12 - 2**6))  # 32 KiB less 512 bytes, and a header
    assert set(npz.read(archive(Member(content=half), Member(b"output.npy", half)), ARRAYS, SMALL)) == {
        "input",
        "output",
    }
    three = archive(*[Member(f"{name}.npy".encode(), half, DEFLATED) for name in ARRAYS[:3]])
    with pytest.raises(TooLarge, match="DROPOUT_MAX_BODY_BYTES") as caught:
        npz.read(three, ARRAYS, SMALL)
    assert caught.value.faults[0].code == "body_too_large"


def test_a_directory_is_bounded() -> None:
    """A directory of half a million entries is not made objects of: that would be 20 times its size."""
    body = GOOD[DIRECTORY:END] * 250_000
    body += b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 0, 0, len(body), 0, 0)
    refusal(b"")
    start()
    began = thread_time()
    try:
        refusal(body)
        assert thread_time() - began < 1
        assert get_traced_memory()[1] < 2 * len(body)
    finally:
        stop()


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    """Bytes that are no archive are refused as what they are, alone and before, behind or in one."""
    for body in (noise, noise + GOOD, GOOD + noise, GOOD[:DIRECTORY] + noise + GOOD[DIRECTORY:]):
        check(body)


def check(body: bytes) -> None:
    """An archive is read, or refused with an error of ours."""
    with suppress(Malformed, Invalid, TooLarge):
        assert read(body).keys() <= set(ARRAYS)


@given(st.data(), st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=4), st.integers(0, 4)), max_size=4))
def test_any_change_is_read_or_refused(data: st.DataObject, changes: list[tuple[int, bytes, int]]) -> None:
    """An archive with a few bytes replaced, added or taken is one, or refused as none."""
    seeds = [GOOD, saved({"input": X, "output": X}, np.savez_compressed), written(DEFLATED, stream=True, input=FILE)]
    body = bytearray(data.draw(st.sampled_from(seeds)))
    for place, put, gone in changes:
        at = place % (len(body) + 1)
        body[at : at + gone] = put
    check(bytes(body))


# What others write is read


@given(st.dictionaries(st.sampled_from(ARRAYS), floats()), st.sampled_from([np.savez, np.savez_compressed]))
def test_what_numpy_saves_is_read(arrays: dict[str, FloatArray], save: Callable[..., None]) -> None:
    """Arrays of any float type, shape and byte order, in any order of names, are read bit for bit."""
    found = read(saved(arrays, save))
    assert list(found) == list(arrays)
    assert all(bits(found[name]) == bits(x) for name, x in arrays.items())


@given(st.dictionaries(st.sampled_from(ARRAYS), floats()))
def test_what_is_read_is_what_numpy_reads(arrays: dict[str, FloatArray]) -> None:
    """The archives of this page's own maker are legal: numpy reads them too."""
    body = archive(*[Member(f"{name}.npy".encode(), test_npy.saved(x), DEFLATED) for name, x in arrays.items()])
    with np.load(io.BytesIO(body), allow_pickle=False) as loaded:
        assert all(bits(read(body)[name]) == bits(loaded[name]) for name in arrays)


OTHERS: Final = {
    "zip -0": written(STORED, input=FILE, output=FILE),
    "zip -9": written(DEFLATED, input=FILE, output=FILE),
    "to a stream, stored": written(STORED, stream=True, input=FILE, output=FILE),
    "to a stream, deflated": written(DEFLATED, stream=True, input=FILE, output=FILE),
    "with a comment": written(STORED, comment=b"made by hand", input=FILE, output=FILE),
    "with the longest comment": written(STORED, comment=b"x" * 65535, input=FILE, output=FILE),
    "behind something else": archive(Member(), Member(b"output.npy"), before=b"#!/bin/sh\n" * 10),
    "behind something else that its offsets don't know of": b"#!/bin/sh\n" * 10 + GOOD,
    "names without .npy (NumSharp)": archive(Member(b"input"), Member(b"output")),
    "a name without .npy beside one with it": archive(Member(b"input"), Member(b"output.npy", method=DEFLATED)),
    "names in UTF-8": archive(Member(flags=0x800), Member(b"output.npy", flags=0x800)),
    "sizes of 64 bits": archive(
        Member(size=FULL, packed=FULL, extra=zip64(size=len(FILE), packed=len(FILE))), Member(b"output.npy")
    ),
    "extra fields": archive(Member(extra=b"\x55\x54\x05\x00\x03\x00\x00\x00\x00"), Member(b"output.npy")),
}


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_what_others_write_is_read(body: bytes) -> None:
    """Archives of other tools, at once or as a stream, with what an archive may have around it."""
    assert {name: x.tolist() for name, x in read(body).items()} == {"input": X.tolist(), "output": X.tolist()}


def test_an_archive_of_nothing_has_no_arrays() -> None:
    """What is missing is the request's to say."""
    assert read(archive()) == {}


def test_large_arrays_are_read() -> None:
    """Members of many steps come out whole."""
    x = np.random.default_rng(1).random(2**19 + 3)
    for save in (np.savez, np.savez_compressed):
        assert bits(read(saved({"input": x}, save))["input"]) == bits(x)


def test_nothing_warns() -> None:
    """Reading a duplicate or a broken member is silent: what is wrong is in the error."""
    with warnings.catch_warnings(action="error"):
        for hostile in HOSTILE.values():
            refusal(hostile.body)
