"""numpy's archives: how they are made, those that must be read, and those that must be refused."""

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from app.errors import DropoutError, Invalid, Malformed
from app.wire.verify import ARRAYS
from tests.wire.binary import files

X: Final = np.array([1.5, -2.0])
FILE: Final = files.saved(X)
STORED: Final = 0
DEFLATED: Final = 8


def saved(arrays: Mapping[str, Any], save: Callable[..., None] = np.savez) -> bytes:
    """The archive numpy writes."""
    written = io.BytesIO()
    save(written, **arrays)
    return written.getvalue()


def deflated(content: bytes) -> bytes:
    """Content as a member has it."""
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(content) + packer.flush()


# Archives made by hand, as APPNOTE.TXT has them


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

    def written(self) -> tuple[bytes, bytes]:
        """The member, and its entry in the directory but for where it begins."""
        content = deflated(self.content) if self.method == DEFLATED and not self.as_it_is else self.content
        known = {"crc": zlib.crc32(self.content), "packed": len(content), "size": len(self.content)}
        told = {name: true if (own := getattr(self, name)) is None else own for name, true in known.items()}
        fields: dict[str, Any] = told | {name: getattr(self, name) for name in ("name", "method", "flags", "extra")}
        own = fields | self.local
        head = b"PK\3\4" + struct.pack("<H", 20) + described(**own) + own["name"] + own["extra"]
        return head + content, b"PK\1\2" + struct.pack("<HH", 20, 20) + described(**fields)


def described(*, name: bytes, method: int, flags: int, extra: bytes, crc: int, packed: int, size: int) -> bytes:
    """What both headers of a member say."""
    return struct.pack("<HHHHLLLHH", flags, method, 0, 0x21, crc, packed, size, len(name), len(extra))


def archive(*members: Member, before: bytes = b"", comment: bytes = b"", **end: int) -> bytes:
    """An archive of members; `end` are fields of its last record that are not true."""
    parts, entries, at = [before], [], len(before)
    for member in members:
        part, entry = member.written()
        place = struct.pack("<HHHLL", 0, 0, 0, 0, at if member.at is None else member.at)
        parts.append(part)
        entries.append(entry + place + member.name + member.extra)
        at += len(part)
    directory = b"".join(entries)
    last = {"count": len(members), "size": len(directory), "at": at} | end
    record = struct.pack("<HHHHLLH", 0, 0, last["count"], last["count"], last["size"], last["at"], len(comment))
    return b"".join([*parts, directory, b"PK\5\6", record, comment])


def zip64(**values: int) -> bytes:
    """A header's extra field of 64-bit numbers."""
    return struct.pack("<HH", 1, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values.values())


GOOD: Final = archive(Member(), Member(b"output.npy"))
DIRECTORY: Final = GOOD.index(b"PK\1\2")
END: Final = GOOD.index(b"PK\5\6")
FULL: Final = 2**32 - 1

# What must be read


class Stream(io.BytesIO):
    """A file that can't go back."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: int) -> int:
        raise OSError


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
"""Archives of X as `input` and as `output`: of other tools, at once or as a stream, with what may be around them."""

# What must be refused


class Hostile(NamedTuple):
    """An archive and how it is refused."""

    body: bytes
    error: type[DropoutError] = Malformed
    code: str = "malformed_npz"
    pointer: str = ""


def whose(content: bytes, error: type[DropoutError], code: str) -> Hostile:
    """An archive whose first array is wrong."""
    return Hostile(archive(Member(content=content), Member(b"output.npy")), error, code, "/input")


NAMES: Final = [
    *(b"../input.npy", b"/input.npy", b"C:\\input.npy", b"x/input.npy", b"input.npy/", b"input/", b"./input.npy"),
    *(b"INPUT", b"input.npz", b"input.npy.npy", b"INPUT.npy", b"arr_0.npy", b"mask.npy", b"", b".npy", b"input.npy "),
    *(b"x" * 5000 + b".npy", b"\xff\xfe.npy", "ınput.npy".encode(), b"input\n.npy", b"samples.npy"),
]
METHODS: Final = {"shrunk": 1, "imploded": 6, "deflate64": 9, "bzip2": 12, "lzma": 14, "zstd": 93, "xz": 95, "none": 99}
NO_ARCHIVES: Final = {
    "nothing": b"",
    "JSON": b'{"input": [1.0], "output": [1.0]}',
    "an npy": FILE,
    "a pickle": pickle.dumps({"input": X}, 4),
    "a gzip": zlib.compress(GOOD, wbits=31),
    "null bytes": bytes(1000),
    "signatures only": b"PK\5\6" * 100,
    "end without its comment": GOOD[:-1],
    "garbage after": GOOD + b"x" * 2**17,
    "garbage in the middle": GOOD[:DIRECTORY] + b"x" + GOOD[DIRECTORY:END] + b"y" + GOOD[END:],
    # the directory
    "directory too long": archive(Member(), size=2**31),
    "directory too short": archive(Member(), size=10),
    "directory beyond the end": archive(Member(), at=2**31),
    "directory of 1,000 members": archive(*[Member(b"%d.npy" % k, b"") for k in range(1000)]),
    "directory of 1,000 times one member": archive(*[Member(at=0)] * 1000),
    "a member twice": archive(Member(), Member()),
    "a member twice, under one header": archive(Member(), Member(at=0)),
    "a member twice, with .npy and without": archive(Member(), Member(b"input")),
    "all twice": archive(*[Member(f"{name}.npy".encode()) for name in ARRAYS] * 2),
    "zip64, cut off": archive(Member(size=FULL, packed=FULL, extra=zip64(size=10))),
    "zip64, of 2^64": archive(Member(size=FULL, packed=FULL, extra=zip64(size=2**64 - 1, packed=2**64 - 1))),
    "zip64, a locator to nowhere": GOOD[:END] + b"PK\6\7" + struct.pack("<LQL", 0, 2**63, 1) + GOOD[END:],
    "extra field cut off": archive(Member(extra=b"\x01\x00\xff\xff\x00")),
    # names
    **{f"name {name[:20]!r}": archive(Member(name)) for name in NAMES},
    "name not UTF-8, as it says": archive(Member(b"\xff.npy", flags=0x800)),
    "name of the own header not UTF-8": archive(Member(flags=0x800, local={"name": b"\xff.npy"})),
    "another name in its own header": archive(Member(local={"name": b"output.npy"})),
    # members
    "encrypted": archive(Member(flags=1)),
    "encrypted, deflated": archive(Member(flags=1, method=DEFLATED)),
    "strongly encrypted": archive(Member(flags=0x41)),
    "a patch": archive(Member(flags=0x20)),
    **{f"method {name}": archive(Member(method=method)) for name, method in METHODS.items()},
    "wrong CRC": archive(Member(crc=1)),
    "wrong CRC, deflated": archive(Member(crc=1, method=DEFLATED)),
    "no header": archive(Member(at=5)),
    "header beyond the end": archive(Member(at=2**31)),
    "header in the directory": archive(Member(), Member(b"output.npy", at=DIRECTORY)),
    "header before the beginning": archive(Member(), at=2**20),
    "stored, said to be deflated": archive(Member(method=DEFLATED, as_it_is=True)),
    "deflated, cut off": archive(Member(method=DEFLATED, packed=20)),
    "deflated garbage": archive(Member(content=b"\xff" * 99, method=DEFLATED, as_it_is=True)),
    "larger than it says": archive(Member(size=len(FILE) - 8)),
    "larger than it says, deflated": archive(Member(size=len(FILE) - 8, method=DEFLATED)),
    "packed size of 2^32 - 1": archive(Member(packed=FULL, size=FULL)),
}
HOSTILE: Final[dict[str, Hostile]] = {
    **{name: Hostile(body) for name, body in NO_ARCHIVES.items()},
    "deflated, said to be stored": whose(deflated(FILE), Malformed, "malformed_npy"),
    "empty": whose(b"", Malformed, "malformed_npy"),
    "no npy": whose(b"x" * 200, Malformed, "malformed_npy"),
    "an archive in it": whose(saved({"input": X}), Malformed, "malformed_npy"),
    "objects, pickled": whose(files.saved(np.array([None, {}], object)), Invalid, "wrong_type"),
    "integers": whose(files.saved(np.arange(3)), Invalid, "wrong_type"),
    **{
        name: whose(*files.HOSTILE[name])
        for name in ("header of 2 GiB", "shape: 4 TiB in 16 bytes", "shape: 33 dimensions", "shape: 0 beside 2^62")
    },
    "smaller than it says": whose(FILE[:-8], Malformed, "length_mismatch"),
}
"""Archives that must be refused, by what is wrong with them."""
