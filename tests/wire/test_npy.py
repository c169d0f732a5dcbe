"""numpy's files are read bit for bit, and any other bytes are refused before they cost memory."""

import io
import pickle
import zipfile
from math import prod
from time import thread_time
from tracemalloc import get_traced_memory, start, stop
from typing import Any, Final, NamedTuple
from warnings import catch_warnings

import hypothesis.extra.numpy as hnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FLOATS, FloatArray
from app.errors import DropoutError, Fault, Invalid, Malformed, TooLarge
from app.wire import npy
from app.wire.call import Call
from app.wire.fields import CallFields
from tests.core.oracle import bits
from tests.wire.given import LIMITS

MAGIC: Final = b"\x93NUMPY"


def file(header: str | bytes, content: bytes = bytes(16), *, version: bytes = b"\x01\x00") -> bytes:
    """A file with that header and these elements; by default two of float64."""
    text = header.encode("latin-1") if isinstance(header, str) else header
    return MAGIC + version + len(text).to_bytes(2 if version == b"\x01\x00" else 4, "little") + text + content


def head(descr: str = "'<f8'", fortran: str = "False", shape: str = "(2,)") -> str:
    """A header as numpy writes it, without its padding."""
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"


def saved(x: Any, version: tuple[int, int] | None = None) -> bytes:
    """The file numpy writes."""
    written = io.BytesIO()
    np.lib.format.write_array(written, x, version=version, allow_pickle=x.dtype.hasobject)
    return written.getvalue()


def zipped() -> bytes:
    """What numpy.savez writes."""
    written = io.BytesIO()
    np.savez(written, x=np.zeros(2))
    assert zipfile.is_zipfile(written)
    return written.getvalue()


class Hostile(NamedTuple):
    """A file and how it is refused."""

    body: bytes
    error: type[DropoutError]
    code: str


def no_file(body: bytes) -> Hostile:
    """Bytes that are no file."""
    return Hostile(body, Malformed, "malformed_npy")


def no_header(header: str | bytes) -> Hostile:
    """A file whose header is none."""
    return no_file(file(header))


def no_floats(descr: str) -> Hostile:
    """A file of anything but floats."""
    return Hostile(file(head(descr)), Invalid, "wrong_type")


def too_deep(shape: str) -> Hostile:
    """A file of too many dimensions."""
    return Hostile(file(head(shape=shape)), Invalid, "rank_too_high")


def no_match(shape: str, content: bytes = bytes(16)) -> Hostile:
    """A file whose shape asks for other bytes than there are."""
    return Hostile(file(head(shape=shape), content), Malformed, "length_mismatch")


def too_large(shape: str) -> Hostile:
    """A file without an element, whose shape is beyond what may be asked for."""
    return Hostile(file(head(shape=shape), b""), TooLarge, "too_many_elements")


GOOD: Final = saved(np.array([1.5, -2.0]))
HEAD: Final = len(GOOD) - 16
"""Bytes before its elements."""
LONG: Final = MAGIC + b"\x02\x00"
"""What precedes a length of four bytes."""
OTHER_VERSIONS: Final = [b"\0\0", b"\0\1", b"\1\1", b"\1\2", b"\2\1", b"\3\1", b"\4\0", b"\xff\xff", b"\0\x03"]
NO_SHAPES: Final = [
    *("", "2", "(2)", "[2]", "{2}", "None", "(-1,)", "(2.0,)", "(2e0,)", "(2j,)", "(,)", "(2,,)", "(2,", "(l,)"),
    *("(02,)", "(0x2,)", "(2_0,)", "(+2,)", "(1+1,)", "(2LL,)", "('2',)", "(True,)", "(*[2],)"),
    *("((2,),)", "((1, 2), 3)", "(2, (3,))", "( , )", "(2 )", "( 2, , )", "(2 L,)", "(2;)", "(2,\v)", "(1 , 2 3)"),
]
HOSTILE: Final[dict[str, Hostile]] = {
    # what comes before the header
    **{f"cut off after {size} of {HEAD} bytes": no_file(GOOD[:size]) for size in range(HEAD)},
    "elements cut off": Hostile(GOOD[:HEAD], Malformed, "length_mismatch"),
    "magic of a png": no_file(b"\x89PNG\r\n" + GOOD[6:]),
    "magic in lower case": no_file(b"\x93numpy" + GOOD[6:]),
    "magic in UTF-8": no_file("\x93".encode() + GOOD[1:]),
    "byte order mark before": no_file(b"\xef\xbb\xbf" + GOOD),
    "newline before": no_file(b"\n" + GOOD),
    "null bytes only": no_file(bytes(144)),
    "an npz": no_file(zipped()),
    "a pickle": no_file(pickle.dumps(print, 4)),
    "JSON": no_file(b'{"input": [1.0, 2.0]}'),
    **{f"version {v[0]}.{v[1]}": no_file(MAGIC + v + GOOD[8:]) for v in OTHER_VERSIONS},
    # its length
    "header of 0 bytes": no_file(MAGIC + b"\x01\x00" + bytes(2) + GOOD[10:]),
    "header of 0 bytes, version 2": no_file(LONG + bytes(4) + GOOD[10:]),
    "header one byte beyond the file": no_file(MAGIC + b"\x01\x00" + (len(GOOD) - 9).to_bytes(2, "little") + GOOD[10:]),
    "header of all the file": no_file(MAGIC + b"\x01\x00" + (len(GOOD) - 10).to_bytes(2, "little") + GOOD[10:]),
    "header one byte short": no_file(GOOD[:8] + b"\x38\x00" + GOOD[10:]),
    "header of 64 KiB that is not there": no_file(MAGIC + b"\x01\x00\xff\xff" + GOOD[10:]),
    "header of 2 GiB": no_file(LONG + (2**31).to_bytes(4, "little") + GOOD[10:]),
    "header of 2 GiB - 1": no_file(LONG + (2**31 - 1).to_bytes(4, "little") + GOOD[10:]),
    "header of 4 GiB - 1": no_file(MAGIC + b"\x03\x00" + b"\xff" * 4 + GOOD[10:]),
    "length in big-endian": no_file(GOOD[:8] + GOOD[8:10][::-1] + GOOD[10:]),
    "header of 64 KiB": no_header(head().ljust(2**16 - 1)),
    "header of 64 KiB, version 2": no_file(file(head().ljust(2**16), version=b"\x02\x00")),
    "header of 4 KiB and a byte": no_header(head().ljust(2**12 + 1)),
    # its grammar
    "header of blanks": no_header(" " * 118),
    "header of null bytes": no_header(bytes(118)),
    "null byte after the header": no_header(head() + "\0"),
    "null byte in the descr": no_header(head("'<f8\0'")[:-1]),
    "null bytes for padding": no_header(head().ljust(117, "\0") + "\n"),
    "a list": no_header("['<f8', False, (2,)]"),
    "a dict in a dict": no_header("{" + head() + "}"),
    "two dicts": no_header(head() * 2),
    "never closed": no_header(head()[:-1]),
    "code for a dict": no_header("dict(descr='<f8', fortran_order=False, shape=(2,))"),
    "code for a shape": no_header(head(shape="__import__('os').system('true')")),
    "code in a shape": no_header(head(shape="(2, __import__('os').getpid())")),
    "code for an order": no_header(head(fortran="__import__('os').abort()")),
    "a lambda": no_header(head(shape="(lambda: (2,))()")),
    "an f-string": no_header(head("f'<f{8}'")),
    "a comprehension bomb": no_header(head(shape="tuple(0 for _ in range(10**9))")),
    "a power bomb": no_header(head(shape="(9**9**9,)")),
    "a string bomb": no_header(head("'<f8' * 10**10")),
    "nested brackets": no_header("{" * 2000),
    "nested tuples": no_header(head(shape="(" * 1900 + "2," + ")" * 1900)),
    "a comment": no_header(head() + " # ok"),
    "a comment bomb": no_header("{" + "#\n" * 2000 + head()[1:]),
    "blanks that match nothing": no_header("{" + " " * 2000 + "'descr'" + " " * 2000),
    "lines that match nothing": no_header(" \n" * 1500 + "x"),
    "lines and blanks behind": no_header(head() + "\n \n" * 1000 + "x"),
    "blanks in a shape that match nothing": no_header(head(shape="(" + "2 ,\t" * 900 + "x)")),
    "quotes that match nothing": no_header("{" + "'descr': \"" * 400),
    "indented": no_header("\n " + head()),
    "a vertical tab": no_header(head() + "\v"),
    "quotes that differ": no_header(head().replace("'shape'", "'shape\"")),
    "a line within quotes": no_header(head("'<f8\n'")),
    "brackets and blanks that match nothing": no_header("{'descr': [" + "]  " * 1300),
    "lengths that match nothing": no_header(head(shape="(" + "1, " * 1300 + "x)")),
    "not ASCII": no_header(head("'<f8'") + "é"),
    "not ASCII, version 3": no_file(file((head() + "é").encode(), version=b"\x03\x00")),
    "UTF-16": no_header(head().encode("utf-16")),
    "digits of another script": no_file(file(head(shape="(٢,)").encode(), version=b"\x03\x00")),
    # its keys
    "no descr": no_header("{'fortran_order': False, 'shape': (2,), }"),
    "no fortran_order": no_header("{'descr': '<f8', 'shape': (2,), }"),
    "no shape": no_header("{'descr': '<f8', 'fortran_order': False, }"),
    "descr twice": no_header("{'descr': '<f8', " + head()[1:]),
    "shape twice": no_header(head()[:-2] + "'shape': (2,), }"),
    "another key": no_header(head()[:-2] + "'x': 1, }"),
    "keys in a list": no_header(head("[], 'descr': '<f8', '" + "x" * 30 + "': []")),
    "keys behind a list": no_header("{'descr': [], " + head()[1:]),
    "order twice": no_header(head("'<f8', 'fortran_order': True")),
    "key in upper case": no_header(head().replace("shape", "Shape")),
    "key misspelt": no_header(head().replace("fortran_order", "fortran order")),
    "key of bytes": no_header(head().replace("'shape'", "b'shape'")),
    # types that are no floats
    "objects, pickled": Hostile(saved(np.array([None, {}], object)), Invalid, "wrong_type"),
    "objects": no_floats("'|O'"),
    "objects of 8 bytes": no_floats("'|O8'"),
    "void": no_floats("'|V8'"),
    "structured": no_floats("[('a', '<f4'), ('b', '<f4')]"),
    "structured, nested": no_floats("[('a', [('b', '<f8')])]"),
    "structured, with objects": no_floats("[('a', '|O')]"),
    "bytes": no_floats("'|S8'"),
    "text": no_floats("'<U2'"),
    **{f"integers {descr}": no_floats(f"'{descr}'") for descr in ("<i8", ">i8", "<i4", "<u8", "|i1", "|u1")},
    "booleans": no_floats("'|b1'"),
    "complex": no_floats("'<c16'"),
    "dates": no_floats("'<M8[ns]'"),
    "durations": no_floats("'<m8[s]'"),
    "longdouble": Hostile(saved(np.zeros(2, "g")), Invalid, "wrong_type"),
    "longdouble of 12 bytes": no_floats("'<f12'"),
    "order unknown": no_floats("'?f8'"),
    "order of the network": no_floats("'!f8'"),
    "floats of 1 byte": no_floats("'<f1'"),
    "a name in capitals": no_floats("'Float64'"),
    "a name with an order": no_floats("'<float64'"),
    "long double by name": no_floats("'longdouble'"),
    **{f"bfloat16, written {descr}": no_floats(f"'{descr}'") for descr in ("<V2", "|V2", "bfloat16")},
    "float8": no_floats("'<V1'"),
    "descr empty": no_floats("''"),
    "descr long": no_floats("'" + "x" * 3000 + "'"),
    "descr of two types": no_floats("'<f4,<f4'"),
    "descr with blanks": no_floats("' <f8'"),
    "descr escaped": no_floats("'\\x3cf8'"),
    "descr escaped as unicode": no_floats("'\\u003cf8'"),
    "descr by name": no_floats("'\\N{LESS-THAN SIGN}f8'"),
    "descr not ASCII": no_floats("'<f８'".encode().decode("latin-1")),
    **{f"descr {value}": no_header(head(value)) for value in ("None", "8", "('<f8', {})", "b'<f8'", "<f8", "{}")},
    # orders
    **{f"order {value}": no_header(head(fortran=value)) for value in ("1", "0", "true", "false", "None", "'C'", "")},
    # shapes
    **{f"shape {value}": no_header(head(shape=value)) for value in NO_SHAPES},
    "shape of 10^19": no_header(head(shape=f"({10**19},)")),
    "shape of 4000 digits": no_header(head(shape=f"({'9' * 3900},)")),
    "shape of 2^63": no_match(f"({2**63},)"),
    "shape of 10^19 - 1": no_match(f"({10**19 - 1},)"),
    "shape whose bytes are 2^64": no_match(f"({2**61},)"),
    "shape whose bytes are 2^64 and 16": no_match(f"({2**61 + 2},)"),
    "product that is 2^64": no_match(f"({2**32}, {2**32})"),
    "product that wraps to 10": no_match("(2, 13, 419, 691, 823, 2977518503)", bytes(80)),
    "4 TiB in 144 bytes": Hostile(file(head(shape=f"({2**39},)").ljust(118), b"")[:144], Malformed, "length_mismatch"),
    "190 lengths of 10^18": Hostile(file(head(shape=str((10**18,) * 190))), Invalid, "rank_too_high"),
    "0 beside 2^62": too_large(f"(0, {2**62})"),
    "2^62 beside 0": too_large(f"({2**62}, 0)"),
    "0 between factors of 2^63": too_large(f"({2**63}, 0, {2**63})"),
    "0 beside one more than allowed": too_large(f"(0, {LIMITS.elements + 1})"),
    "33 dimensions": Hostile(file(head(shape=str((1,) * 33)), bytes(8)), Invalid, "rank_too_high"),
    "65 dimensions": Hostile(file(head(shape=str((1,) * 65)), bytes(8)), Invalid, "rank_too_high"),
    "1000 dimensions": Hostile(file(head(shape=str((1,) * 1000)), bytes(8)), Invalid, "rank_too_high"),
    "65 dimensions of 2": Hostile(file(head(shape=str((2,) * 65))), Invalid, "rank_too_high"),
    "32 dimensions of 10^18": no_match(str((10**18,) * 32)),
    "33 dimensions and no element": Hostile(file(head(shape=str((0,) * 33)), b""), Invalid, "rank_too_high"),
    # elements
    "a byte too many": no_match("(2,)", bytes(17)),
    "a byte too few": no_match("(2,)", bytes(15)),
    "an element too many": no_match("(2,)", bytes(24)),
    "no elements": no_match("(2,)", b""),
    "64 KiB too many": no_match("(2,)", bytes(16 + 2**16)),
    "another file after it": no_match("(2,)", bytes(16) + GOOD),
    "elements where there are none": no_match("(0,)", b"x"),
    "two elements of rank 0": no_match("()"),
    "elements of half the size": Hostile(file(head("'<f4'")), Malformed, "length_mismatch"),
}
"""Files that must be refused, by what is wrong with them."""
HOSTILES: Final = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
ALLOWED: Final = 2**16
"""Bytes of memory that refusing may take."""


def refusal(body: bytes) -> tuple[type[DropoutError], Fault]:
    """How a file is refused."""
    with pytest.raises(DropoutError) as caught:
        npy.read(body, LIMITS)
    [fault] = caught.value.faults
    return type(caught.value), fault


@HOSTILES
def test_a_hostile_file_is_refused(hostile: Hostile) -> None:
    """Bytes that are no file of floats get one kind of error, with the code of what is wrong and a short message.

    Whatever memory a file asks for, none is taken before it is known to be one; and no header takes long to read.
    """
    refusal(hostile.body)
    start()
    began = thread_time()
    try:
        error, fault = refusal(hostile.body)
        assert thread_time() - began < 0.1
        assert get_traced_memory()[1] < ALLOWED
    finally:
        stop()
    assert (error, fault.code, fault.pointer) == (hostile.error, hostile.code, "/input")
    assert len(fault.message) < 300


# What numpy writes is read


@st.composite
def floats(draw: st.DrawFn) -> FloatArray:
    """Arrays of any bits: ranks 0 to 6, lengths of 0, each float type in both byte orders, in C or Fortran order."""
    dtype = draw(hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=3))
    size = prod(shape) * dtype.itemsize
    content = draw(st.binary(min_size=size, max_size=size))
    return np.frombuffer(content, dtype).reshape(shape, order=draw(st.sampled_from(["C", "F"])))


@given(floats(), st.sampled_from([None, (1, 0), (2, 0), (3, 0)]))
def test_what_numpy_writes_is_read(x: FloatArray, version: tuple[int, int] | None) -> None:
    """A file of any version, type, byte order, memory order and shape is that array, bit for bit."""
    assert bits(npy.read(saved(x, version), LIMITS)) == bits(x)


@given(floats())
def test_what_numpy_saves_is_read(x: FloatArray) -> None:
    """The same with numpy.save itself, and by the codec, which takes a call's fields besides."""
    written = io.BytesIO()
    np.save(written, x)
    assert bits(npy.read(written.getvalue(), LIMITS)) == bits(x)
    assert bits(npy.decode(written.getvalue(), LIMITS, [("p", "0.25")]).x) == bits(x)


@given(floats())
def test_reading_copies_nothing(x: FloatArray) -> None:
    """The array read is the file's own bytes."""
    body = saved(x)
    assert np.shares_memory(np.frombuffer(body, "u1"), npy.read(body, LIMITS)) == (x.size > 0)


@given(floats(), st.integers(0, 63))
def test_elements_may_lie_anywhere(x: FloatArray, shift: int) -> None:
    """Padding is not needed: elements at odd addresses, and a header without its newline, are read alike."""
    order = "True" if x.flags.f_contiguous and not x.flags.c_contiguous else "False"
    header = head(f"'{x.dtype.newbyteorder('<').str}'", order, str(x.shape)) + " " * shift
    content = x.astype(x.dtype.newbyteorder("<")).tobytes("A" if order == "True" else "C")
    assert bits(npy.read(file(header, content), LIMITS)) == bits(x)


OTHERS: Final = {
    "numpy 1.0 to 1.13, aligned to 16": "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }          \n",
    "numpy on Python 2": "{'descr': '<f8', 'fortran_order': False, 'shape': (2L,), }" + " " * 20 + "\n",
    "numpy from 2.0 on, with room to grow": head() + " " * 60 + "\n",
    "MLX": "{'descr': '<f8', 'fortran_order': False, 'shape': (2, )}    \n",
    "MLX, a matrix": "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1, )}   \n",
    "Fortran's stdlib": "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2, ), }" + " " * 57 + "\n",
    "NPY-for-Fortran": "{'descr': '<f8', 'fortran_order': True, 'shape': (1,2,), }          \n",
    "npyz": "{'descr': '<f8', 'fortran_order': False, 'shape': (2, ), }" + " " * 59 + "\n",
    "candle": "{'descr': '<f8', 'fortran_order': False, 'shape': (1,2,), }         \n",
    "cnpy": "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }            \n",
    "libnpy": "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }          \n",
    "npyio": "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }    \n",
    "NPZ.jl": "{'descr': '<f8', 'fortran_order': True, 'shape': (2,), }             \n",
    "npy-matlab": "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1), }           \n",
    "NumSharp": "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }                   \n",
    "Unreal's plugins": "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}",
    "no blanks": "{'descr':'<f8','fortran_order':False,'shape':(2,)}",
    "keys as they come": "{'shape': (2,), 'fortran_order': False, 'descr': '<f8'}",
    "keys the other way round": "{'fortran_order': False, 'descr': '<f8', 'shape': (2,), }",
    "json.dumps, Python's words": '{"descr": "<f8", "fortran_order": False, "shape": (2,)}',
    "either quotes": "{'descr': \"<f8\", \"fortran_order\": False, 'shape': (2,)}",
    "pprint": "{'descr': '<f8',\n 'fortran_order': False,\n 'shape': (2,)}\n",
    "blanks wherever they may be": " { 'descr' : '<f8' , 'fortran_order' : False , 'shape' : ( 2 , ) , } \n",
    "tabs": "{\t'descr':\t'<f8',\t'fortran_order':\tFalse,\t'shape':\t(2,),\t}\t\t\n",
    "lines of Windows": "{'descr': '<f8',\r\n'fortran_order': False,\r\n'shape': (2,)}\r\n",
    "padded with newlines": head() + "\n" * 20,
    "lines of blanks": head() + "  \n  \n",
    "a newline before": "\n" + head() + "\n",
    "the longest": head().ljust(2**12 - 1) + "\n",
    **{f"descr {descr}": head(f"'{descr}'") for descr in ("=f8", "|f8", "f8", "<d", "d", "float64", "double", "float")},
}
"""Headers of two float64 that numpy reads, as other libraries' sources and older versions write them."""


@pytest.mark.parametrize("header", OTHERS.values(), ids=OTHERS)
def test_what_others_write_is_read(header: str) -> None:
    """Blanks, quotes, commas, padding, the order of keys and the names of types are as free as numpy leaves them."""
    body = file(header, GOOD[HEAD:])
    with catch_warnings(action="ignore"):  # numpy's about what Python 2 wrote
        assert bits(npy.read(body, LIMITS)) == bits(np.lib.format.read_array(io.BytesIO(body)))


blanks = st.text(" \t\r\n\f", max_size=2)
types = st.sampled_from([*npy._DTYPES, "<f16", "<i4", "|V8", "<f1", "", "<f8 ", "Float32", "1f4"])
lengths = st.sampled_from(["0", "1", "2", "00", "01", "3L", "-1", "1.0", "", "x"])


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A header in any spelling, right and wrong ones."""

    def quoted(text: str) -> str:
        quote = draw(st.sampled_from("'\""))
        return f"{quote}{text}{quote}"

    def spaced(*tokens: str) -> str:
        return "".join(f"{token}{draw(blanks)}" for token in ("", *tokens))

    sides = draw(st.lists(lengths, max_size=3))
    separated = [token for side in sides for token in (side, ",")]
    tail = draw(st.sampled_from([[], [","]])) if len(sides) != 1 else [","]
    shape = spaced("(", *separated[:-1], *(tail if sides else []), ")")
    values = {"descr": quoted(draw(types)), "fortran_order": draw(st.sampled_from(["True", "False", "1"]))}
    entries = draw(st.permutations([*values.items(), ("shape", shape)]))
    words = [token for key, value in entries for token in (quoted(key), ":", value, ",")]
    return "{" + spaced(*words[: len(words) - draw(st.integers(0, 1))]) + "}"


@given(
    spellings(), st.text(" \t", max_size=2), st.sampled_from(["", "\n", " \n", "\t\n\n"]), st.sampled_from([1, 2, 3])
)
def test_a_header_is_what_numpy_says_it_is(header: str, before: str, after: str, version: int) -> None:
    """However it is spelt: where numpy reads floats of ours, so do we, with its type, shape and order; else nothing."""
    written = file(before + header + after, b"", version=bytes([version, 0]))
    assert numpys(written) == ours(written)


def numpys(body: bytes) -> tuple[Any, ...] | None:
    """Type, shape and order of a file, as numpy reads its header; None if it refuses, or they are none of an array."""
    read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
    try:
        with catch_warnings(action="ignore"):
            # of version 3.0 there is no reader but that of all; both others read what is no fault of Python 2
            shape, fortran, dtype = read[min(body[6], 2)](io.BytesIO(body[8:]))
    except ValueError:
        return None
    legal = dtype.newbyteorder("=") in FLOATS.values() and all(side >= 0 for side in shape)
    strange = body[6] > 2 and b"L" in body[12:]
    return (dtype, shape, "F" if fortran else "C") if legal and not strange else None


def ours(body: bytes) -> tuple[Any, ...] | None:
    """The same as we read it."""
    try:
        return tuple(npy.header(body))[:3]
    except DropoutError:
        return None


@pytest.mark.parametrize("header", [head(shape="(2L,)"), head() + "\n "])
def test_version_3_is_as_strict_as_numpy(header: str) -> None:
    """No Python 2 wrote it, so that its slips are refused in it, and read in the versions before."""
    body = file(header, version=b"\x03\x00")
    with pytest.raises(ValueError, match="Cannot parse header"):
        np.lib.format.read_array(io.BytesIO(body))
    assert refusal(body)[1].code == "malformed_npy"
    assert npy.read(file(header, version=b"\x02\x00"), LIMITS).shape == (2,)


def test_a_bfloat16_is_refused_with_the_way_out() -> None:
    """ml_dtypes has numpy write two bytes of no type: the sentence says how the elements can be sent."""
    error, fault = refusal(saved(np.ones(2, ml_dtypes.bfloat16)))
    assert (error, fault.code) == (Invalid, "wrong_type")
    assert "raw (application/octet-stream, dtype=bfloat16), or as float32" in fault.message


# What is written is read by numpy


def written(x: FloatArray, part: str, **fields: Any) -> bytes:
    """The file of one part of a reply."""
    made = CallFields(include=[part], **fields)  # type: ignore[list-item]
    return b"".join(npy.CODEC.answer(Call.of(made, x, None, LIMITS)).parts)


def start_of(body: bytes) -> int:
    """Where the elements of a file of version 1.0 begin."""
    assert body[:8] == MAGIC + b"\x01\x00"
    return 10 + int.from_bytes(body[8:10], "little")


@given(floats())
def test_what_is_written_is_read_by_numpy(x: FloatArray) -> None:
    """In evaluation, the file that comes back holds the array that was sent, its elements at a multiple of 64."""
    body = written(x, "output", training=False)
    assert bits(np.load(io.BytesIO(body), allow_pickle=False)) == bits(x)
    assert start_of(body) % 64 == 0
    assert len(body) == start_of(body) + x.nbytes


@given(floats(), st.integers(0, 2**64 - 1))
def test_a_mask_is_read_by_numpy(x: FloatArray, seed: int) -> None:
    """A mask is a file of booleans, the same as what the layer drew, its elements at a multiple of 64."""
    body = written(x, "mask", seed=seed, p=0.4)
    call = Call.of(CallFields(seed=seed, p=0.4), x, None, LIMITS).including(["mask"])
    mask = np.load(io.BytesIO(body), allow_pickle=False)
    expected = call.run().mask
    assert expected is not None
    assert (mask.dtype, mask.shape, mask.tobytes()) == (np.dtype(bool), x.shape, expected.tobytes())
    assert start_of(body) % 64 == 0


@given(floats())
def test_what_is_written_is_read_back(x: FloatArray) -> None:
    """A reply is a request: the file is read as the array again."""
    assert bits(npy.read(written(x, "output", training=False), LIMITS)) == bits(x)


@given(floats())
def test_what_is_written_is_what_numpy_would_write(x: FloatArray) -> None:
    """To the byte: version, header, padding and elements are those of numpy.save, in C order."""
    little = np.ascontiguousarray(x).astype(x.dtype.newbyteorder("<")).reshape(x.shape)
    assert written(x, "output", training=False) == saved(little)


def test_the_highest_rank_is_written() -> None:
    """An array of as many dimensions as there may be is read back from its file."""
    x = np.ones((1,) * LIMITS.ndim, "f4")
    assert np.load(io.BytesIO(written(x, "output", training=False)), allow_pickle=False).shape == x.shape


# The query beside a file


@pytest.mark.parametrize("dtype", ["<f4", ">f4"])
def test_a_type_and_a_shape_may_be_said_again(dtype: str) -> None:
    """A dtype and a shape in the query that are the file's own change nothing, whatever its byte order."""
    x = np.ones((2, 3), dtype)
    assert bits(npy.decode(saved(x), LIMITS, [("dtype", "float32"), ("shape", "2,3")]).x) == bits(x)


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        (("dtype", "float32"), "conflicting_fields", "/dtype"),
        (("dtype", "float16"), "conflicting_fields", "/dtype"),
        (("dtype", "<f8"), "unknown_value", "/dtype"),
        (("shape", "3"), "shape_mismatch", "/shape"),
        (("shape", "1,2"), "shape_mismatch", "/shape"),
        (("shape", "-2"), "out_of_range", "/shape/0"),
        (("shape", "2.0"), "wrong_type", "/shape/0"),
        (("shape", ""), "shape_mismatch", "/shape"),
        (("input", "1"), "unknown_field", "/input"),
        (("mask", "true"), "unknown_field", "/mask"),
    ],
)
def test_a_query_that_disagrees_is_refused(query: tuple[str, str], code: str, pointer: str) -> None:
    """What the query says of the array must be what the file says."""
    with pytest.raises(Invalid) as caught:
        npy.decode(GOOD, LIMITS, [query])
    assert caught.value.faults[0][:2] == (code, pointer)
