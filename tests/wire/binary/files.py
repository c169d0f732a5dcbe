"""numpy's files: how they are made, those that must be read, and those that must be refused."""

import io
import pickle
from math import prod
from typing import Any, Final, NamedTuple

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st

from app.core import FloatArray
from app.errors import DropoutError, Invalid, Malformed, TooLarge
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


def zipped(**arrays: Any) -> bytes:
    """What numpy.savez writes."""
    written = io.BytesIO()
    np.savez(written, **arrays)
    return written.getvalue()


@st.composite
def floats(draw: st.DrawFn) -> FloatArray:
    """Arrays of any bits: ranks 0 to 6, lengths of 0, each float type in both byte orders, in C or Fortran order."""
    dtype = draw(hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=3))
    size = prod(shape) * dtype.itemsize
    content = draw(st.binary(min_size=size, max_size=size))
    return np.frombuffer(content, dtype).reshape(shape, order=draw(st.sampled_from(["C", "F"])))


GOOD: Final = saved(np.array([1.5, -2.0]))
HEAD: Final = len(GOOD) - 16
"""Bytes before its elements."""

# What must be read

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

# What must be refused


class Hostile(NamedTuple):
    """A file and how it is refused."""

    body: bytes
    error: type[DropoutError]
    code: str


LONG: Final = MAGIC + b"\x02\x00"
"""What precedes a length of four bytes."""
OTHER_VERSIONS: Final = [b"\0\0", b"\0\1", b"\1\1", b"\1\2", b"\2\1", b"\3\1", b"\4\0", b"\xff\xff", b"\0\x03"]
NO_FILES: Final = {
    # what comes before the header
    "nothing": b"",
    "cut off in the magic": GOOD[:5],
    "cut off in the length": GOOD[:9],
    "cut off in the header": GOOD[: HEAD - 1],
    "magic of a png": b"\x89PNG\r\n" + GOOD[6:],
    "magic in lower case": b"\x93numpy" + GOOD[6:],
    "magic in UTF-8": "\x93".encode() + GOOD[1:],
    "byte order mark before": b"\xef\xbb\xbf" + GOOD,
    "newline before": b"\n" + GOOD,
    "null bytes only": bytes(144),
    "an npz": zipped(x=np.zeros(2)),
    "a pickle": pickle.dumps(print, 4),
    "JSON": b'{"input": [1.0, 2.0]}',
    **{f"version {v[0]}.{v[1]}": MAGIC + v + GOOD[8:] for v in OTHER_VERSIONS},
    # the length of the header
    "header of 0 bytes": MAGIC + b"\x01\x00" + bytes(2) + GOOD[10:],
    "header of 0 bytes, version 2": LONG + bytes(4) + GOOD[10:],
    "header one byte beyond the file": MAGIC + b"\x01\x00" + (len(GOOD) - 9).to_bytes(2, "little") + GOOD[10:],
    "header of all the file": MAGIC + b"\x01\x00" + (len(GOOD) - 10).to_bytes(2, "little") + GOOD[10:],
    "header one byte short": GOOD[:8] + b"\x38\x00" + GOOD[10:],
    "header of 64 KiB that is not there": MAGIC + b"\x01\x00\xff\xff" + GOOD[10:],
    "header of 2 GiB": LONG + (2**31).to_bytes(4, "little") + GOOD[10:],
    "header of 4 GiB - 1": MAGIC + b"\x03\x00" + b"\xff" * 4 + GOOD[10:],
    "length in big-endian": GOOD[:8] + GOOD[8:10][::-1] + GOOD[10:],
    "header of 64 KiB": file(head().ljust(2**16 - 1)),
    "header of 64 KiB, version 2": file(head().ljust(2**16), version=b"\x02\x00"),
    "header of 4 KiB and a byte": file(head().ljust(2**12 + 1)),
    # its encoding
    "header not ASCII, version 3": file((head() + "é").encode(), version=b"\x03\x00"),
    "header in UTF-16": file(head().encode("utf-16")),
    "digits of another script": file(head(shape="(٢,)").encode(), version=b"\x03\x00"),
}
NO_HEADERS: Final = {
    # the grammar
    "blanks": " " * 118,
    "null bytes": "\0" * 118,
    "null byte after the header": head() + "\0",
    "null byte in the descr": head("'<f8\0'")[:-1],
    "null bytes for padding": head().ljust(117, "\0") + "\n",
    "a list": "['<f8', False, (2,)]",
    "a dict in a dict": "{" + head() + "}",
    "two dicts": head() * 2,
    "never closed": head()[:-1],
    "code for a dict": "dict(descr='<f8', fortran_order=False, shape=(2,))",
    "code for a shape": head(shape="__import__('os').system('true')"),
    "code in a shape": head(shape="(2, __import__('os').getpid())"),
    "code for an order": head(fortran="__import__('os').abort()"),
    "a lambda": head(shape="(lambda: (2,))()"),
    "an f-string": head("f'<f{8}'"),
    "a comprehension bomb": head(shape="tuple(0 for _ in range(10**9))"),
    "a power bomb": head(shape="(9**9**9,)"),
    "a string bomb": head("'<f8' * 10**10"),
    "nested brackets": "{" * 2000,
    "nested tuples": head(shape="(" * 1900 + "2," + ")" * 1900),
    "a comment": head() + " # ok",
    "a comment bomb": "{" + "#\n" * 2000 + head()[1:],
    "blanks that match nothing": "{" + " " * 2000 + "'descr'" + " " * 2000,
    "lines that match nothing": " \n" * 1500 + "x",
    "lines and blanks behind": head() + "\n \n" * 1000 + "x",
    "blanks in a shape that match nothing": head(shape="(" + "2 ,\t" * 900 + "x)"),
    "quotes that match nothing": "{" + "'descr': \"" * 400,
    "brackets and blanks that match nothing": "{'descr': [" + "]  " * 1300,
    "lengths that match nothing": head(shape="(" + "1, " * 1300 + "x)"),
    "indented": "\n " + head(),
    "a vertical tab": head() + "\v",
    "quotes that differ": head().replace("'shape'", "'shape\""),
    "a line within quotes": head("'<f8\n'"),
    "not ASCII": head("'<f8'") + "é",
    # its keys
    "no descr": "{'fortran_order': False, 'shape': (2,), }",
    "no fortran_order": "{'descr': '<f8', 'shape': (2,), }",
    "no shape": "{'descr': '<f8', 'fortran_order': False, }",
    "descr twice": "{'descr': '<f8', " + head()[1:],
    "shape twice": head()[:-2] + "'shape': (2,), }",
    "order twice": head("'<f8', 'fortran_order': True"),
    "another key": head()[:-2] + "'x': 1, }",
    "keys in a list": head("[], 'descr': '<f8', '" + "x" * 30 + "': []"),
    "keys behind a list": "{'descr': [], " + head()[1:],
    "key in upper case": head().replace("shape", "Shape"),
    "key misspelt": head().replace("fortran_order", "fortran order"),
    "key of bytes": head().replace("'shape'", "b'shape'"),
    # its values
    **{f"descr {value}": head(value) for value in ("None", "8", "('<f8', {})", "b'<f8'", "<f8", "{}")},
    **{f"order {value}": head(fortran=value) for value in ("1", "0", "true", "false", "None", "'C'", "")},
    **{
        f"shape {value}": head(shape=value)
        for value in [
            *("", "2", "(2)", "[2]", "{2}", "None", "(-1,)", "(2.0,)", "(2e0,)", "(2j,)", "(,)", "(2,,)", "(2,"),
            *("(l,)", "(02,)", "(0x2,)", "(2_0,)", "(+2,)", "(1+1,)", "(2LL,)", "('2',)", "(True,)", "(*[2],)"),
            *("((2,),)", "((1, 2), 3)", "(2, (3,))", "( , )", "(2 )", "( 2, , )", "(2 L,)", "(2;)", "(2,\v)"),
            "(1 , 2 3)",
        ]
    },
    "shape of 10^19": head(shape=f"({10**19},)"),
    "shape of 4000 digits": head(shape=f"({'9' * 3900},)"),
}
NO_FLOATS: Final = {
    "objects": "'|O'",
    "objects of 8 bytes": "'|O8'",
    "void": "'|V8'",
    "structured": "[('a', '<f4'), ('b', '<f4')]",
    "structured, nested": "[('a', [('b', '<f8')])]",
    "structured, with objects": "[('a', '|O')]",
    "bytes": "'|S8'",
    "text": "'<U2'",
    **{f"integers {descr}": f"'{descr}'" for descr in ("<i8", ">i4", "<u8", "|i1")},
    "booleans": "'|b1'",
    "complex": "'<c16'",
    "dates": "'<M8[ns]'",
    "durations": "'<m8[s]'",
    "longdouble of 12 bytes": "'<f12'",
    "order unknown": "'?f8'",
    "order of the network": "'!f8'",
    "floats of 1 byte": "'<f1'",
    "a name in capitals": "'Float64'",
    "a name with an order": "'<float64'",
    "long double by name": "'longdouble'",
    **{f"bfloat16, written {descr}": f"'{descr}'" for descr in ("<V2", "|V2", "bfloat16")},
    "float8": "'<V1'",
    "descr empty": "''",
    "descr long": "'" + "x" * 3000 + "'",
    "descr of two types": "'<f4,<f4'",
    "descr with blanks": "' <f8'",
    "descr with a quote in it": "'<f8\"'",
    "descr escaped": "'\\x3cf8'",
    "descr escaped as unicode": "'\\u003cf8'",
    "descr by name": "'\\N{LESS-THAN SIGN}f8'",
    "descr not ASCII": "'<f８'".encode().decode("latin-1"),
}
TOO_DEEP: Final = {
    **{f"{rank} dimensions": ((1,) * rank, bytes(8)) for rank in (33, 65, 1000)},
    "65 dimensions of 2": ((2,) * 65, bytes(16)),
    "190 lengths of 10^18": ((10**18,) * 190, bytes(16)),
    "33 dimensions and no element": ((0,) * 33, b""),
}
NO_MATCH: Final = {
    "shape of 2^63": ((2**63,), bytes(16)),
    "shape of 10^19 - 1": ((10**19 - 1,), bytes(16)),
    "shape whose bytes are 2^64": ((2**61,), bytes(16)),
    "shape whose bytes are 2^64 and 16": ((2**61 + 2,), bytes(16)),
    "product that is 2^64": ((2**32, 2**32), bytes(16)),
    "product that wraps to 10": ((2, 13, 419, 691, 823, 2977518503), bytes(80)),
    "4 TiB in 16 bytes": ((2**39,), bytes(16)),
    "32 dimensions of 10^18": ((10**18,) * 32, bytes(16)),
    "a byte too many": ((2,), bytes(17)),
    "a byte too few": ((2,), bytes(15)),
    "an element too many": ((2,), bytes(24)),
    "no elements": ((2,), b""),
    "64 KiB too many": ((2,), bytes(16 + 2**16)),
    "another file after it": ((2,), bytes(16) + GOOD),
    "elements where there are none": ((0,), b"x"),
    "two elements of rank 0": ((), bytes(16)),
}
TOO_LARGE: Final = {
    "0 beside 2^62": (0, 2**62),
    "2^62 beside 0": (2**62, 0),
    "0 between factors of 2^63": (2**63, 0, 2**63),
    "0 beside one more than allowed": (0, LIMITS.max_elements + 1),
}
HOSTILE: Final[dict[str, Hostile]] = {
    **{name: Hostile(body, Malformed, "malformed_npy") for name, body in NO_FILES.items()},
    **{f"header: {name}": Hostile(file(text), Malformed, "malformed_npy") for name, text in NO_HEADERS.items()},
    **{f"type: {name}": Hostile(file(head(descr)), Invalid, "wrong_type") for name, descr in NO_FLOATS.items()},
    "type: objects, pickled": Hostile(saved(np.array([None, {}], object)), Invalid, "wrong_type"),
    "type: longdouble": Hostile(saved(np.zeros(2, "g")), Invalid, "wrong_type"),
    **{
        f"shape: {name}": Hostile(file(head(shape=str(shape)), content), Invalid, "rank_too_high")
        for name, (shape, content) in TOO_DEEP.items()
    },
    **{
        f"shape: {name}": Hostile(file(head(shape=str(shape)), content), Malformed, "length_mismatch")
        for name, (shape, content) in NO_MATCH.items()
    },
    "type: elements of half the size": Hostile(file(head("'<f4'")), Malformed, "length_mismatch"),
    **{
        f"shape: {name}": Hostile(file(head(shape=str(shape)), b""), TooLarge, "too_many_elements")
        for name, shape in TOO_LARGE.items()
    },
}
"""Files that must be refused, by what is wrong with them."""
