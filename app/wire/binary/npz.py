"""numpy's archives, `application/zip`: a ZIP file of npy files, as `numpy.savez` and `numpy.savez_compressed` write it.

Other writers leave out the members' `.npy` (NumSharp), and numpy reads theirs too.
Members are inflated into bounded memory, whatever their headers say, and read as any npy file; none is a pickle.
Source: PKWARE's APPNOTE.TXT, numpy.savez.
"""

import zlib
from collections.abc import Collection
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.core import FloatArray
from app.errors import DropoutError, Malformed, TooLarge
from app.wire.binary import npy
from app.wire.json.text import Buffer
from app.wire.limits import Limits

MEDIA_TYPE: Final = "application/zip"

_SUFFIX: Final = ".npy"
_STEP: Final = 2**20
_ENCRYPTED: Final = 1
_DEFLATED: Final = 1032
"""Bytes that one of deflate's can come to, at most."""
_DIRECTORY: Final = 2**17
"""Bytes of a directory: 64 KiB, and as many of a comment."""


def read(body: Buffer, names: Collection[str], limits: Limits) -> dict[str, FloatArray]:
    """The arrays of an archive by the names of their fields, which are among those given.

    Raises `Malformed` if it is no archive, or one of something else, `Invalid` if an array is not one of floats,
    `TooLarge` if it inflates to more than a body may have.
    """
    try:
        with ZipFile(_File(body)) as archive:
            members = {_name(member, names): member for member in archive.infolist()[: 2 * len(names)]}
            if len(members) < len(archive.infolist()):
                raise _malformed("each member may stand once")
            return _arrays(archive, members, limits)
    except DropoutError:
        raise
    except (BadZipFile, NotImplementedError, zlib.error, EOFError, OverflowError, ValueError) as error:
        raise _malformed("it is no ZIP archive, or a broken one") from error


def inflated(body: Buffer) -> int:
    """How many bytes the members of an archive have, as far as it can be believed; 0 if it is none."""
    try:
        with ZipFile(_File(body)) as archive:
            said = sum(member.file_size for member in archive.infolist())
    except (BadZipFile, NotImplementedError, ValueError):
        return 0
    return min(said, len(body) * _DEFLATED)


class _File(BytesIO):
    """A file that is read in pieces: `ZipFile` makes objects of all of a directory, however long it says to be."""

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, as many as a directory may have at most; all of what is left where no size is given."""
        return super().read(None if size is None else min(size, _DIRECTORY))


def _name(member: ZipInfo, names: Collection[str]) -> str:
    """The field that a member is for."""
    name = member.filename.removesuffix(_SUFFIX)
    if name not in names:
        raise _malformed(f"its members may be {', '.join(names)}, with {_SUFFIX} or without; got {_brief(member)}")
    if member.flag_bits & _ENCRYPTED or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise _malformed(f"members are stored or deflated, and not encrypted; {_brief(member)} is not")
    return name


def _arrays(archive: ZipFile, members: dict[str, ZipInfo], limits: Limits) -> dict[str, FloatArray]:
    arrays, left = {}, limits.max_body_bytes
    for name, member in members.items():
        content = _inflated(archive, member, left)
        left -= len(content)
        try:
            arrays[name] = npy.read(content, limits)
        except DropoutError as error:
            raise error.moved(lambda _: (name,)) from None  # noqa: B023 - called at once
    return arrays


def _inflated(archive: ZipFile, member: ZipInfo, most: int) -> bytearray:
    """The content of a member, of at most so many bytes."""
    content = bytearray()
    with archive.open(member) as file:
        while some := file.read(_STEP):
            content += some
            if len(content) > most:
                rule = "its arrays together may have as many bytes as a body (DROPOUT_MAX_BODY_BYTES)"
                raise TooLarge.of("body_too_large", f"an archive is bounded as it inflates: {rule}")
    return content


def _brief(member: ZipInfo) -> str:
    return ascii(member.filename[:40])


def _malformed(rule: str) -> Malformed:
    return Malformed.of("malformed_npz", f"the body is no npz file: {rule}")
