"""Requests of the Open Inference Protocol: what is one is read to the bit, and what is none is refused."""

import json
from decimal import Decimal
from typing import Any, Final, NamedTuple

import hypothesis.extra.numpy as hnp
import ml_dtypes
import numpy as np
import pytest
from app.wire.codec import Reply
from hypothesis import example, given
from hypothesis import strategies as st

from app.core import FLOATS, VARIANTS, FloatArray
from app.errors import DropoutError, Fault, Invalid, Malformed, TooLarge
from app.wire.oip import infer
from app.wire.oip.tensor import DATATYPES, NAMES
from tests.core.oracle import bits
from tests.wire.given import LIMITS

INPUT: Final[dict[str, Any]] = {"name": "input", "shape": [2], "datatype": "FP32", "data": [1, 2]}
MASK: Final[dict[str, Any]] = {"name": "mask", "shape": [2], "datatype": "BOOL", "data": [True, False]}
BINARY: Final[dict[str, Any]] = {"name": "input", "shape": [2], "datatype": "FP32"}
FLAGS: Final = {"name": "mask", "shape": [2], "datatype": "BOOL", "parameters": {"binary_data_size": 2}}
OUTPUT: Final[dict[str, Any]] = {"name": "output"}
HALVES: Final = ("FP16", "BF16")
TWO: Final = np.array([1, 2], "<f4").tobytes()


def request(*inputs: Any, **more: Any) -> bytes:
    """A request for these inputs, by default the one of two elements."""
    return json.dumps({"inputs": inputs or [INPUT]} | more).encode()


def with_input(**changes: Any) -> bytes:
    """A request whose input differs."""
    return request(INPUT | changes)


def with_data(written: str, shape: list[int] | None = None, datatype: str = "FP32") -> bytes:
    """A request whose data is JSON, or claims to be."""
    head = {"name": "input", "shape": [2] if shape is None else shape, "datatype": datatype, "data": 0}
    return request(head).replace(b'"data": 0', b'"data": ' + written.encode("utf-8", "surrogatepass"))


def with_mask(written: str) -> bytes:
    """A request with a mask whose data is JSON, or claims to be."""
    return request(INPUT, MASK).replace(b"[true, false]", written.encode())


def sized(size: Any, **changes: Any) -> dict[str, Any]:
    """A binary input of so many bytes."""
    return BINARY | changes | {"parameters": {"binary_data_size": size}}


class Hostile(NamedTuple):
    """A request, and how it is refused. header : what is said of its JSON's length, "" for nothing."""

    body: bytes
    header: str
    error: type[DropoutError]
    code: str
    pointer: str


def malformed(body: bytes, code: str = "malformed_json", pointer: str = "", header: str = "") -> Hostile:
    """A body that is not what it claims to be."""
    return Hostile(body, header, Malformed, code, pointer)


def invalid(body: bytes, code: str, pointer: str) -> Hostile:
    """A body that is well-formed and wrong."""
    return Hostile(body, "", Invalid, code, pointer)


def unknown(*names: str) -> dict[str, Hostile]:
    """Requests with parameters that are not known."""
    made = {name: invalid(request(parameters={name: 1}), "unknown_field", f"/parameters/{name}") for name in names}
    return {f"parameter {name}": hostile for name, hostile in made.items()}


def binary(
    head: dict[str, Any], content: bytes, error: type[DropoutError], code: str, pointer: str, **more: Any
) -> Hostile:
    """A request with one tensor, and what follows its JSON."""
    body = request(head, **more)
    return Hostile(body + content, str(len(body)), error, code, pointer)


def lengths(*values: str) -> dict[str, Hostile]:
    """A good request with a length that is none."""
    return {f"length {value[:30]}": malformed(request(), "malformed_length", "", value) for value in values}


def numbers(value: Any, code: str, pointer: str) -> Hostile:
    """A request with that for data."""
    return invalid(with_input(data=value), code, f"/inputs/0/data{pointer}")


def booleans(value: Any, code: str, pointer: str) -> Hostile:
    """A request with that for a mask's data."""
    return invalid(request(INPUT, MASK | {"data": value}), code, f"/inputs/1/data{pointer}")


def parameter(name: str, value: Any, code: str = "wrong_type") -> Hostile:
    """A request with that parameter."""
    return invalid(request(parameters={name: value}), code, f"/parameters/{name}")


def nested(depth: int, name: str = "x") -> bytes:
    """A request with brackets so deep in one of its members."""
    return request()[:-1] + f', "{name}": {"[" * depth}{"]" * depth}}}'.encode()


def no_size(size: object, code: str) -> Hostile:
    """A request with that for the size of its binary data."""
    return binary(sized(size), TWO, Invalid, code, "/inputs/0/parameters/binary_data_size")


GOOD: Final = request()
LAST: Final = 300_000
"""The index of a stranger, so far behind in the data that its body has 2 MB and more."""
STRUCTURE: Final[dict[str, Hostile]] = {
    # the length of the JSON
    **lengths("-1", "-0", "+5", "1.0", "1e1", "0x10", "1_0", "five", "1 2", "5,5", "²", "½", "NaN", "true"),
    **lengths(str(len(GOOD) + 1), str(2**31), str(2**63), str(2**64), "9" * 19, "9" * 20, "9" * 5000),
    "length of zeros and nines": malformed(GOOD, "malformed_length", "", "0" * 20 + "9" * 30),
    "length of zeros and 5000 nines": malformed(GOOD, "malformed_length", "", "0" * 20 + "9" * 5000),
    "length that ends in the JSON": malformed(GOOD, header=str(len(GOOD) - 1)),
    "length of 1": malformed(GOOD, header="1"),
    "length that ends behind the JSON": malformed(GOOD + TWO, header=str(len(GOOD) + 1)),
    "no length for binary data": malformed(request(sized(8)) + TWO),
    "no JSON, odd bytes": malformed(b"12345", "length_mismatch", "/input", "0"),
    # not JSON
    "nothing": malformed(b""),
    "null byte": malformed(b"\0"),
    "cut off": malformed(GOOD[:-1]),
    "comma at the end": malformed(GOOD[:-1] + b",}"),
    "two bodies": malformed(GOOD * 2),
    "single quotes": malformed(GOOD.replace(b'"', b"'")),
    "byte order mark": malformed(b"\xef\xbb\xbf" + GOOD),
    "UTF-16": malformed(GOOD.decode().encode("utf-16")),
    "UTF-16 without a mark": malformed(GOOD.decode().encode("utf-16-le")),
    "UTF-32": malformed(GOOD.decode().encode("utf-32")),
    "invalid UTF-8": malformed(request(id="x").replace(b'"x"', b'"\xff"')),
    "overlong UTF-8": malformed(request(id="x").replace(b'"x"', b'"\xc0\x80"')),
    "surrogate in UTF-8": malformed(request(id="x").replace(b'"x"', b'"\xed\xa0\x80"')),
    "invalid UTF-8 in data": malformed(with_data("[1, 2]").replace(b"[1, 2]", b"[1, \xe9]")),
    "lone surrogate": malformed(request(id="x").replace(b'"x"', rb'"\ud800"')),
    "surrogates the wrong way round": malformed(request(id="x").replace(b'"x"', rb'"\udc00\ud800"')),
    "lone surrogate for a key": malformed(GOOD[:-1] + rb', "\udfff": 1}'),
    "lone surrogate in data": malformed(with_data(r'[1, "\ud800"]')),
    "lone surrogate in what is ignored": malformed(GOOD[:-1] + rb', "model_name": "\ud800"}'),
    "control character": malformed(request(id="x").replace(b'"x"', b'"\n"')),
    **{f"data {data}": malformed(with_data(data)) for data in ("[1 2]", "[1,]", "[,1]", "[1, 2", "[1, 2]]", "[01, 2]")},
    **{
        f"data {data}": malformed(with_data(data)) for data in ("[+1, 2]", "[.5, 2]", "[1., 2]", "[0x1, 2]", "[1_0, 2]")
    },
    **{f"data {data}": malformed(with_data(data)) for data in ("[nan, 1]", "[inf, 1]", "[-NaN, 1]", "[Infinit, 1]")},
    **{
        f"data {data}": malformed(with_data(data))
        for data in ("[NaN1, 2]", "[1NaN, 2]", "[InfinityNaN]", "[--1, 2]", "[I]")
    },
    **{
        f"mask {data}": malformed(with_mask(data))
        for data in ("[True, False]", "[tru, false]", "[truefalse]", "[true false]")
    },
    # JSON that is no request
    "a list": invalid(b"[]", "wrong_type", ""),
    "a number": invalid(b"1", "wrong_type", ""),
    "null": invalid(b"null", "wrong_type", ""),
    "an empty object": invalid(b"{}", "missing_field", "/inputs"),
    "inputs of an object": invalid(b'{"inputs": {}}', "wrong_type", "/inputs"),
    "inputs of null": invalid(b'{"inputs": null}', "wrong_type", "/inputs"),
    "inputs of text": invalid(b'{"inputs": ["input"]}', "wrong_type", "/inputs/0"),
    "no inputs": invalid(b'{"inputs": []}', "missing_field", "/inputs"),
    "a member of /v1": invalid(GOOD[:-1] + b', "p": 0.5}', "unknown_field", "/p"),
    "an unknown member": invalid(GOOD[:-1] + b', "x": 0.5}', "unknown_field", "/x"),
    "a member in upper case": invalid(GOOD[:-1] + b', "Outputs": []}', "unknown_field", "/Outputs"),
    "an id that is a number": invalid(request(id=1), "wrong_type", "/id"),
    # nesting
    **{f"nesting {depth}": malformed(nested(depth), "nesting_too_deep") for depth in (101, 1000, 10**6)},
    "nesting of objects": malformed(GOOD[:-1] + b', "x": ' + b'{"x": ' * 101 + b"1" + b"}" * 102, "nesting_too_deep"),
    "nesting in what is ignored": malformed(nested(1000, "model_name"), "nesting_too_deep"),
    "nesting never closed": malformed(GOOD[:-1] + b', "x": ' + b"[" * 10**5, "nesting_too_deep"),
    # duplicate keys
    "inputs twice": malformed(GOOD[:-1] + b', "inputs": []}', "duplicate_key"),
    "data twice": malformed(with_data('[1, 2], "data": [3, 4]'), "duplicate_key"),
    "data twice, once escaped": malformed(with_data(r'[1, 2], "d\u0061ta": [3, 4]'), "duplicate_key"),
    "data twice, once null": malformed(with_data('[1, 2], "data": null'), "duplicate_key"),
    "a parameter twice": malformed(GOOD[:-1] + b', "parameters": {"p": 0.1, "p": 0.1}}', "duplicate_key"),
    "a key twice in what is ignored": malformed(GOOD[:-1] + b', "model_name": {"a": 1, "a": 1}}', "duplicate_key"),
    # too large
    "a long name": Hostile(GOOD[:-1] + b', "' + b"x" * 2**17 + b'": 1}', "", TooLarge, "fields_too_large", ""),
    "data under another name": Hostile(request(INPUT | {"Data": [1] * 2**17}), "", TooLarge, "fields_too_large", ""),
}
NO_SIZES: Final[list[object]] = [True, False, 8.0, 8.5, "8", "", [8], {}]
TENSORS: Final[dict[str, Hostile]] = {
    # names
    "two inputs of a name": invalid(request(INPUT, INPUT), "conflicting_fields", "/inputs/1/name"),
    "two masks": invalid(request(INPUT, MASK, MASK), "conflicting_fields", "/inputs/2/name"),
    "ten inputs of a name": invalid(request(*[INPUT] * 10), "conflicting_fields", "/inputs/1/name"),
    "an unknown input": invalid(with_input(name="x"), "unknown_value", "/inputs/0/name"),
    "an output for input": invalid(with_input(name="output"), "unknown_value", "/inputs/0/name"),
    "a name that is a number": invalid(with_input(name=1), "unknown_value", "/inputs/0/name"),
    "a mask alone": invalid(request(MASK), "missing_field", "/inputs"),
    "no name": invalid(request({"shape": [1], "datatype": "FP32", "data": [1]}), "missing_field", "/inputs/0/name"),
    "no shape": invalid(
        request({"name": "input", "datatype": "FP32", "data": [1]}), "missing_field", "/inputs/0/shape"
    ),
    "no datatype": invalid(
        request({"name": "input", "shape": [1], "data": [1]}), "missing_field", "/inputs/0/datatype"
    ),
    "another member": invalid(with_input(x=1), "unknown_field", "/inputs/0/x"),
    "an unknown output": invalid(request(outputs=[{"name": "x"}]), "unknown_value", "/outputs/0/name"),
    "an input for output": invalid(request(outputs=[{"name": "input"}]), "unknown_value", "/outputs/0/name"),
    "two outputs of a name": invalid(request(outputs=[OUTPUT, OUTPUT]), "conflicting_fields", "/outputs/1/name"),
    "outputs of text": invalid(request(outputs=["output"]), "wrong_type", "/outputs/0"),
    "outputs of an object": invalid(request(outputs={}), "wrong_type", "/outputs"),
    "outputs with data": invalid(request(outputs=[OUTPUT | {"data": [1]}]), "unknown_field", "/outputs/0/data"),
    # datatypes
    **{
        f"datatype {name}": invalid(with_input(datatype=name), "unknown_value", "/inputs/0/datatype")
        for name in ("FP8", "fp32", "float32", "", "INT8", "INT64", "UINT64", "BYTES", "BOOL", "FP32 ", "x" * 5000)
    },
    "datatype null": invalid(with_input(datatype=None), "wrong_type", "/inputs/0/datatype"),
    "datatype 32": invalid(with_input(datatype=32), "wrong_type", "/inputs/0/datatype"),
    "a mask of numbers": invalid(request(INPUT, MASK | {"datatype": "FP32"}), "unknown_value", "/inputs/1/datatype"),
    "a mask of bytes": invalid(request(INPUT, MASK | {"datatype": "UINT8"}), "unknown_value", "/inputs/1/datatype"),
    **{f"{half} in JSON": invalid(with_input(datatype=half), "wrong_type", "/inputs/0/datatype") for half in HALVES},
    **{
        f"{half} back in JSON": binary(
            sized(4, datatype=half),
            bytes(4),
            Invalid,
            "wrong_type",
            "/outputs/0/parameters/binary_data",
            outputs=[OUTPUT | {"parameters": {"binary_data": False}}],
        )
        for half in HALVES
    },
    **{
        f"{half} back in JSON, as all": binary(
            sized(4, datatype=half),
            bytes(4),
            Invalid,
            "wrong_type",
            "/parameters/binary_data_output",
            parameters={"binary_data_output": False},
        )
        for half in HALVES
    },
    # shapes
    "shape negative": invalid(with_input(shape=[-1]), "out_of_range", "/inputs/0/shape/0"),
    "shape negative twice": invalid(with_input(shape=[-1, -2]), "out_of_range", "/inputs/0/shape/0"),
    "shape of -2^63": invalid(with_input(shape=[-(2**63)]), "out_of_range", "/inputs/0/shape/0"),
    "shape of a float": invalid(with_input(shape=[2.0]), "wrong_type", "/inputs/0/shape/0"),
    "shape of text": invalid(with_input(shape=["2"]), "wrong_type", "/inputs/0/shape/0"),
    "shape of true": invalid(with_input(shape=[2, True]), "wrong_type", "/inputs/0/shape/1"),
    "shape of null": invalid(with_input(shape=[None]), "wrong_type", "/inputs/0/shape/0"),
    "shape of a list": invalid(with_input(shape=[[2]]), "wrong_type", "/inputs/0/shape/0"),
    "shape a number": invalid(with_input(shape=2), "wrong_type", "/inputs/0/shape"),
    "shape text": invalid(with_input(shape="2"), "wrong_type", "/inputs/0/shape"),
    "shape null": invalid(with_input(shape=None), "wrong_type", "/inputs/0/shape"),
    "shape too small": invalid(with_input(shape=[1]), "shape_mismatch", "/inputs/0/data"),
    "shape too large": invalid(with_input(shape=[3]), "shape_mismatch", "/inputs/0/data"),
    "shape empty": invalid(with_input(shape=[]), "shape_mismatch", "/inputs/0/data"),
    "shape of no elements": invalid(with_input(shape=[0]), "shape_mismatch", "/inputs/0/data"),
    "shape transposed": invalid(with_input(shape=[2, 1], data=[[1, 2]]), "shape_mismatch", "/inputs/0/data"),
    "shape of a mask": invalid(request(INPUT, MASK | {"shape": [3]}), "shape_mismatch", "/inputs/1/data"),
    "mask that does not fit": invalid(
        request(INPUT, MASK | {"shape": [3], "data": [True] * 3}), "mask_mismatch", "/inputs/1"
    ),
    **{
        f"shape {name}": invalid(with_input(shape=shape), "shape_mismatch", "/inputs/0/data")
        for name, shape in {
            "whose product wraps": [2, 13, 419, 691, 823, 2977518503],
            "of 2^64": [2**64],
            "of 2^64 elements": [2**32, 2**32],
            "of 2^63 and 2": [2**63 + 1, 2],
            "of 2^62 and 0": [2**62, 0],
            "of 4000 digits": [10**4000],
            "beyond the limit": [16_000_001],
            "of 20,000": [9] * 20_000,
        }.items()
    },
    **{
        f"shape of none, {shape}": Hostile(
            with_input(shape=shape, data=[]), "", TooLarge, "too_many_elements", "/inputs/0/shape"
        )
        for shape in ([2**62, 0], [0, 2**63, 2**63], [16_000_001, 0])
    },
    **{
        f"{rank} dimensions": invalid(with_input(shape=[1] * rank, data=[1]), "rank_too_high", "/inputs/0/shape")
        for rank in (33, 65, 1000, 20_000)
    },
    # elements
    "data null": numbers(None, "wrong_type", ""),
    "data a number": numbers(1.0, "wrong_type", ""),
    "data text": numbers("[1, 2]", "wrong_type", ""),
    "data in Base64": numbers("AACAPwAAAEA=", "wrong_type", ""),
    "data an object": numbers({"0": 1, "1": 2}, "wrong_type", ""),
    "data true": numbers(True, "wrong_type", ""),
    "data of another input null": invalid(request(MASK | {"data": None}, INPUT), "wrong_type", "/inputs/0/data"),
    "no data": invalid(request(BINARY), "missing_field", "/inputs/0/data"),
    "ragged": numbers([[1], [2, 3]], "ragged", ""),
    "ragged in depth": numbers([1, [2]], "ragged", ""),
    "rows of no length": numbers([[], [1]], "ragged", ""),
    "data 33 deep": invalid(with_data("[" * 33 + "1, 2" + "]" * 33), "rank_too_high", "/inputs/0/data"),
    "data 97 deep": invalid(with_data("[" * 97 + "1, 2" + "]" * 97), "rank_too_high", "/inputs/0/data"),
    "data 98 deep": malformed(with_data("[" * 98 + "1, 2" + "]" * 98), "nesting_too_deep"),
    "data a million deep": malformed(
        with_data("[" * 10**6 + "1, 2" + "]" * 10**6), "nesting_too_deep", "/inputs/0/data"
    ),
    "text among numbers": numbers([1, "2"], "not_a_number", "/1"),
    "numbers as text": numbers(["1", "2"], "not_a_number", "/0"),
    "NaN as text": numbers([1, "NaN"], "not_a_number", "/1"),
    "a boolean among numbers": numbers([1, True], "not_a_number", "/1"),
    "false among numbers": numbers([False, 1], "not_a_number", "/0"),
    "booleans for numbers": numbers([True, False], "not_a_number", "/0"),
    "null among numbers": numbers([1, None], "not_a_number", "/1"),
    "an object among numbers": numbers([1, {}], "not_a_number", "/1"),
    "a tensor among numbers": numbers([1, {"data": [2]}], "not_a_number", "/1"),
    "text in the depth": invalid(
        with_input(shape=[2, 2], data=[[1, 2], [3, "4"]]), "not_a_number", "/inputs/0/data/1/1"
    ),
    "numbers for booleans": booleans([1, 0], "not_a_boolean", "/0"),
    "a number among booleans": booleans([True, 1], "not_a_boolean", "/1"),
    "text among booleans": booleans([True, "false"], "not_a_boolean", "/1"),
    "null among booleans": booleans([True, None], "not_a_boolean", "/1"),
    "NaN among booleans": booleans([True, float("nan")], "not_a_boolean", "/1"),
    "text at the end of 2 MB": numbers([0.25] * LAST + ["x"], "not_a_number", f"/{LAST}"),
    "null at the end of 2 MB": numbers([0.25] * LAST + [None], "not_a_number", f"/{LAST}"),
    "a boolean at the end of 2 MB": numbers([0.25] * LAST + [True], "not_a_number", f"/{LAST}"),
    "text at the end of 2 MB of booleans": booleans([False] * LAST + ["x"], "not_a_boolean", f"/{LAST}"),
    "a number at the end of 2 MB of booleans": booleans([False] * LAST + [1], "not_a_boolean", f"/{LAST}"),
    # binary
    "data and binary": binary(sized(8) | {"data": [1, 2]}, TWO, Invalid, "conflicting_fields", "/inputs/0/data"),
    "a byte after it": binary(sized(8), TWO + b"x", Malformed, "length_mismatch", ""),
    "a tensor after it": binary(sized(8), TWO * 2, Malformed, "length_mismatch", ""),
    "bytes after JSON": binary(INPUT, TWO, Malformed, "length_mismatch", ""),
    "a byte missing": binary(sized(8), TWO[:-1], Malformed, "length_mismatch", "/inputs/0"),
    "all bytes missing": binary(sized(8), b"", Malformed, "length_mismatch", "/inputs/0"),
    **{
        f"binary_data_size {size}": binary(sized(size), TWO, Malformed, "length_mismatch", "/inputs/0")
        for size in (0, 7, 9, 4, 16, 2**31, 2**32 + 8, 2**63, 2**64 + 8, 10**100)
    },
    **{f"binary_data_size {size}": no_size(size, "out_of_range") for size in (-8, -1, -(2**63), -(10**100))},
    **{f"binary_data_size {size!r}": no_size(size, "wrong_type") for size in NO_SIZES},
    "a shape that wraps, binary": binary(
        sized(40, shape=[2, 13, 419, 691, 823, 2977518503]), bytes(40), Malformed, "length_mismatch", "/inputs/0"
    ),
    "2^62 elements, binary": binary(sized(8, shape=[2**62]), TWO, Malformed, "length_mismatch", "/inputs/0"),
    "0 beside 2^62, binary": binary(sized(0, shape=[0, 2**62]), b"", TooLarge, "too_many_elements", "/inputs/0/shape"),
    "65 dimensions, binary": binary(sized(4, shape=[1] * 65), bytes(4), Invalid, "rank_too_high", "/inputs/0/shape"),
    "a shape of 20,000, binary": binary(
        sized(4, shape=[9] * 20_000), bytes(4), Invalid, "rank_too_high", "/inputs/0/shape"
    ),
    "another size of element": binary(sized(8, datatype="FP64"), TWO, Malformed, "length_mismatch", "/inputs/0"),
    "FP16 of half the bytes": binary(sized(2, datatype="FP16"), bytes(2), Malformed, "length_mismatch", "/inputs/0"),
    "BOOL of 2": binary(sized(2, name="mask", datatype="BOOL"), b"\1\2", Invalid, "not_a_boolean", "/inputs/0"),
    "BOOL of 255": binary(sized(2, name="mask", datatype="BOOL"), b"\xff\0", Invalid, "not_a_boolean", "/inputs/0"),
    "BOOL of 2 beside an input": Hostile(
        request(INPUT, FLAGS) + b"\1\2", str(len(request(INPUT, FLAGS))), Invalid, "not_a_boolean", "/inputs/1"
    ),
    "BYTES": binary(sized(8, datatype="BYTES"), TWO, Invalid, "unknown_value", "/inputs/0/datatype"),
    **{
        f"{name} of an input": binary(
            BINARY | {"parameters": {name: value}}, b"", Invalid, "unknown_field", f"/inputs/0/parameters/{name}"
        )
        for name, value in [("shared_memory_region", "x"), ("shared_memory_offset", 0), ("shared_memory_byte_size", 8)]
    },
    **{
        f"{name} of an output": invalid(
            request(outputs=[OUTPUT | {"parameters": {name: value}}]), "unknown_field", f"/outputs/0/parameters/{name}"
        )
        for name, value in [("shared_memory_region", "x"), ("classification", 3), ("binary_data_size", 8)]
    },
    "binary_data of 1": invalid(
        request(outputs=[OUTPUT | {"parameters": {"binary_data": 1}}]),
        "wrong_type",
        "/outputs/0/parameters/binary_data",
    ),
}
ANOTHER: Final = "conflicting_fields" if "dropout1d" in VARIANTS else "unknown_value"
PARAMETERS: Final[dict[str, Hostile]] = {
    **unknown(
        "sequence_id", "sequence_start", "sequence_end", "headers", "triton_x", "triton_enable_empty_final_response"
    ),
    **unknown("include", "shape", "mask", "input", "P", "rate", "decisions", "drop_rate", "input_mean", "", "x" * 30),
    "parameters of text": invalid(request(parameters="p=0.5"), "wrong_type", "/parameters"),
    "parameters of a list": invalid(request(parameters=[]), "wrong_type", "/parameters"),
    "another variant": parameter("variant", "dropout1d", ANOTHER),
    "an unknown variant": parameter("variant", "dropout9d", "unknown_value"),
    "p of NaN": parameter("p", float("nan"), "non_finite"),
    "p of 1e999": parameter("p", float("inf"), "non_finite"),
    "p beyond 1": parameter("p", 1.5, "out_of_range"),
    "p of text": parameter("p", "0.5"),
    "p of true": parameter("p", True),
    "p of null": parameter("p", None),
    "p of a list": parameter("p", [0.5]),
    "p of an object": parameter("p", {"value": 0.5}),
    "both p and keep_prob": invalid(
        request(parameters={"p": 0.5, "keep_prob": 0.5}), "conflicting_fields", "/parameters/keep_prob"
    ),
    "both sample and samples": invalid(
        request(parameters={"sample": 0, "samples": 1}), "conflicting_fields", "/parameters/samples"
    ),
    "seed of a float": parameter("seed", 42.0),
    "seed of -1": parameter("seed", -1, "out_of_range"),
    "seed of 2^64": parameter("seed", 2**64, "out_of_range"),
    "seed of 2^64 as text": parameter("seed", str(2**64), "out_of_range"),
    "seed of 4000 digits": parameter("seed", 10**4000, "out_of_range"),
    "training of 1": parameter("training", 1),
    "training of text": parameter("training", "true"),
    "samples of 0": parameter("samples", 0, "out_of_range"),
    "samples of 2^64": Hostile(
        request(parameters={"samples": 2**64}), "", TooLarge, "too_many_elements", "/parameters/samples"
    ),
    "samples beyond the elements": Hostile(
        request(INPUT | {"shape": [2000], "data": [1] * 2000}, parameters={"samples": 10_000}),
        "",
        TooLarge,
        "too_many_elements",
        "/inputs/0",
    ),
    "a dtype that is another": invalid(
        request(parameters={"dtype": "float64"}), "conflicting_fields", "/parameters/dtype"
    ),
    "a dtype that is none": parameter("dtype", "FP32", "unknown_value"),
    "noise_shape of words": invalid(
        request(parameters={"noise_shape": "all"}), "wrong_type", "/parameters/noise_shape/0"
    ),
    "noise_shape of a number": parameter("noise_shape", 2),
    "noise_shape of another rank": invalid(
        request(parameters={"noise_shape": "1,1"}), "noise_shape_mismatch", "/parameters/noise_shape"
    ),
    "binary_data_output of 1": parameter("binary_data_output", 1),
    "binary_data_output of text": parameter("binary_data_output", "true"),
    "seed beside a mask": invalid(
        request(INPUT, MASK, parameters={"seed": 1}), "conflicting_fields", "/parameters/seed"
    ),
}
HOSTILE: Final = STRUCTURE | TENSORS | PARAMETERS
"""Requests that must be refused, by what is wrong with them."""


def answer(body: bytes, header: str = "", model: str = "dropout") -> Reply:
    """The reply to a request."""
    inference = infer.decode(body, header, model, LIMITS)
    return infer.encode(inference, inference.run())


def refusal(hostile: Hostile) -> tuple[type[DropoutError], Fault]:
    """How a request is refused."""
    with pytest.raises(DropoutError) as caught:
        answer(hostile.body, hostile.header)
    return type(caught.value), caught.value.faults[0]


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_request_is_refused(hostile: Hostile) -> None:
    """What is no request gets the code of what is wrong, and where."""
    error, fault = refusal(hostile)
    assert (error, *fault[:2]) == (hostile.error, hostile.code, hostile.pointer)
    assert len(fault.message) < 400


def test_a_mask_that_there_is_not_is_named_among_the_outputs() -> None:
    """Gaussian dropout has none: the error points at what asked for it."""
    with pytest.raises(Invalid) as caught:
        answer(request(outputs=[{"name": "mask"}]), model="gaussian_dropout")
    assert caught.value.faults[0][:2] == ("conflicting_fields", "/outputs")


@pytest.mark.parametrize("hostile", [h for h in HOSTILE.values() if h.error is not Malformed][::5])
def test_a_request_in_a_bytearray_is_refused_alike(hostile: Hostile) -> None:
    """Bodies that are received are bytearrays: they are read as bytes are."""
    body: Any = bytearray(hostile.body)
    assert refusal(hostile._replace(body=body)) == refusal(hostile)


# What is a request is read


class Told(NamedTuple):
    """A reply: its JSON, and the bytes after it."""

    head: dict[str, Any]
    content: bytes

    def array(self, name: str = "output") -> np.ndarray[Any, np.dtype[Any]]:
        """An output that is JSON, or the only one that is binary."""
        [output] = [output for output in self.head["outputs"] if output["name"] == name]
        dtype = DATATYPES[output["datatype"]]
        flat = np.array(output["data"], dtype) if "data" in output else np.frombuffer(self.content, dtype)
        return flat.reshape(output["shape"])


def told(body: bytes, header: str = "", model: str = "dropout") -> Told:
    """What is answered."""
    reply = answer(body, header, model)
    content = b"".join(reply.parts)
    size = int(reply.headers.get(infer.HEADER, len(content)))
    return Told(json.loads(content[:size]), content[size:])


def sent(x: FloatArray, *, odd: int = 0, **more: Any) -> tuple[bytes, str]:
    """A request with a binary tensor, and its header; `odd` blanks before it move the tensor about."""
    head = {"name": "input", "shape": x.shape, "datatype": NAMES[x.dtype.newbyteorder("=")]}
    body = request(head | {"parameters": {"binary_data_size": x.nbytes}}, **more) + b" " * odd
    return body + x.tobytes(), str(len(body))


def written(x: FloatArray, data: str, **more: Any) -> bytes:
    """A request with a tensor in JSON."""
    body = with_data(data, list(x.shape), NAMES[x.dtype])
    return body[:-1] + b", " + json.dumps(more).encode()[1:] if more else body


EVALUATED: Final[dict[str, Any]] = {"parameters": {"training": False}}
"""What makes a reply hold the input itself."""
SHAPES: Final = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


def floats(*names: str) -> st.SearchStrategy[FloatArray]:
    """Arrays of these types: NaN, infinities, subnormals and zeros of any rank."""
    kinds = st.sampled_from([FLOATS[name] for name in names])
    return kinds.flatmap(lambda dtype: hnp.arrays(dtype, SHAPES, fill=st.nothing()))


@st.composite
def anything(draw: st.DrawFn) -> FloatArray:
    """Arrays of any bits of any type, bfloat16 among them."""
    dtype, shape = draw(st.sampled_from(list(FLOATS.values()))), draw(SHAPES)
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(draw(st.binary(min_size=size, max_size=size)), dtype).reshape(shape)


@given(anything(), st.integers(0, 7))
def test_binary_tensors_come_back_bit_for_bit(x: FloatArray, odd: int) -> None:
    """In evaluation a binary tensor is answered with its own bytes, wherever it lies."""
    body, header = sent(x, odd=odd, parameters={"training": False, "binary_data_output": True})
    reply = told(body, header)
    assert reply.content == x.tobytes()
    assert (reply.head["outputs"][0]["datatype"], reply.array().shape) == (NAMES[x.dtype], x.shape)


@given(anything(), st.integers(0, 7))
def test_reading_a_binary_tensor_copies_nothing(x: FloatArray, odd: int) -> None:
    """The array read is the body's own bytes."""
    body, header = sent(x, odd=odd)
    read = infer.decode(body, header, "dropout", LIMITS).call.x
    assert np.shares_memory(np.frombuffer(body, "u1"), read) == (x.size > 0)
    assert bits(read) == bits(x)


@given(floats("float32", "float64"))
def test_numbers_come_back_as_they_were(x: FloatArray) -> None:
    """In evaluation, the JSON of a reply sent as a request is answered with the same: NaN and infinity too."""
    body, header = sent(x, **EVALUATED)
    data = json.dumps(told(body, header).head["outputs"][0]["data"])
    assert bits(canonical(infer.decode(written(x, data), "", "dropout", LIMITS).call.x)) == bits(canonical(x))
    assert bits(canonical(told(written(x, data, **EVALUATED)).array())) == bits(canonical(x))


def canonical(x: FloatArray) -> FloatArray:
    """An array with one NaN only, for JSON has no other."""
    return np.where(np.isnan(x), x.dtype.type("nan"), x)


@given(floats("float32", "float64"))
def test_numbers_are_written_in_the_fewest_digits(x: FloatArray) -> None:
    """Each is the shortest decimal that reads back to it in its own type, as numpy prints it."""
    finite = np.where(np.isfinite(x), x, x.dtype.type(0)).reshape(-1)
    body, header = sent(finite, **EVALUATED)
    [part] = answer(body, header).parts
    found = json.loads(bytes(part), parse_float=Decimal)["outputs"][0]["data"]
    assert found == [Decimal(str(value)) for value in finite]


@given(floats("float32", "float64"))
@example(np.array([np.nan, np.inf, -np.inf, -0.0], "f4"))
def test_strange_numbers_have_names(x: FloatArray) -> None:
    """NaN, Infinity and -Infinity stand for themselves both ways, and never null."""
    body, header = sent(x, **EVALUATED)
    [part] = answer(body, header).parts
    data = bytes(part).partition(b'"data":')[2].partition(b"}")[0]
    assert data.count(b"NaN") == np.count_nonzero(np.isnan(x))
    assert data.count(b"Infinity") == np.count_nonzero(np.isinf(x))
    assert b"null" not in data


@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
@pytest.mark.parametrize(
    ("data", "values"),
    [
        ("[NaN, Infinity]", [np.nan, np.inf]),
        ("[-Infinity,\t1]", [-np.inf, 1]),
        ("[1e999, -1e999]", [np.inf, -np.inf]),
        ("[1e-999, -1e-999]", [0.0, -0.0]),
        ("[-0, -0.0]", [0.0, -0.0]),
        ("[1E2, 1e+2]", [100, 100]),
        (f"[{2**53 + 1}, {2**64}]", [2.0**53, 2.0**64]),
        (f"[1{'0' * 400}, -1{'0' * 400}]", [np.inf, -np.inf]),
        (f"[1{'0' * 5000}, -1{'0' * 5000}]", [np.inf, -np.inf]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_numbers_of_any_size_are_read(data: str, values: list[float], datatype: str) -> None:
    """What is beyond the type is infinite, written with an exponent or digit by digit; what is below it is 0."""
    x = infer.decode(with_data(data, [2], datatype), "", "dropout", LIMITS).call.x
    assert bits(x) == bits(np.array(values, DATATYPES[datatype]))


def test_numbers_beyond_float32_are_infinite() -> None:
    """A number that float64 holds and float32 does not is infinity in FP32, without a warning."""
    x = infer.decode(with_data("[1e39, -3.5e38]"), "", "dropout", LIMITS).call.x
    assert x.tolist() == [np.inf, -np.inf]


@given(floats("float64").filter(lambda x: x.size > 0))
def test_nested_data_is_flat_data(x: FloatArray) -> None:
    """The same elements, nested as the shape says or flat, are the same array."""
    flat = infer.decode(written(x, json.dumps(x.ravel().tolist())), "", "dropout", LIMITS).call.x
    nested = infer.decode(written(x, json.dumps(x.tolist() if x.ndim else [x.item()])), "", "dropout", LIMITS).call.x
    assert bits(canonical(flat)) == bits(canonical(nested)) == bits(canonical(x))


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (0, 2), (0, 0), (1,) * 32])
@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
def test_tensors_of_rank_0_and_without_elements_are_tensors(shape: tuple[int, ...], datatype: str) -> None:
    """They come back with their shape, from JSON and from binary."""
    x = np.full(shape, 0.75, DATATYPES[datatype])
    assert bits(told(written(x, json.dumps(x.ravel().tolist()), **EVALUATED)).array()) == bits(x)
    assert bits(told(*sent(x, parameters={"training": False, "binary_data_output": True})).array()) == bits(x)


@given(hnp.arrays(bool, SHAPES))
def test_a_mask_is_the_same_in_json_and_in_binary(mask: Any) -> None:
    """Booleans or bytes of 1 and 0: what is kept is kept."""
    x = np.ones(mask.shape)
    head = {"name": "input", "shape": x.shape, "datatype": "FP64", "data": x.ravel().tolist()}
    kind = {"name": "mask", "shape": mask.shape, "datatype": "BOOL"}
    in_json = told(request(head, kind | {"data": mask.ravel().tolist()}))
    body = request(head, kind | {"parameters": {"binary_data_size": mask.size}})
    in_binary = told(body + mask.tobytes(), str(len(body)))
    assert bits(in_json.array()) == bits(in_binary.array()) == bits(np.where(mask, 2.0, 0.0))
    assert in_json == in_binary


def test_both_tensors_may_be_binary_or_either() -> None:
    """Input and mask come in any order and in any mix; binary data stands in the order of the inputs."""
    kept, expected = np.array([True, False]).tobytes(), told(request(INPUT, MASK))
    for inputs, content in [((FLAGS, sized(8)), kept + TWO), ((sized(8), FLAGS), TWO + kept), ((FLAGS, INPUT), kept)]:
        body = request(*inputs)
        assert told(body + content, str(len(body))) == expected
    assert told(request(MASK, INPUT)) == expected
    body = request(MASK, sized(8))
    assert told(body + TWO, str(len(body))) == expected


@given(st.text())
def test_an_id_comes_back(id_: str) -> None:
    """Whatever text it is; without one the reply has none."""
    assert told(request(id=id_)).head["id"] == id_
    assert "id" not in told(request()).head


SEEDED: Final[dict[str, Any]] = {"parameters": {"seed": 42}}


@pytest.mark.parametrize(
    "body",
    [
        request(id=None, outputs=None, **SEEDED),
        request(INPUT | {"parameters": None}, **SEEDED),
        request(INPUT | {"parameters": {"binary_data_size": None}}, **SEEDED),
        request(outputs=[], **SEEDED),
        request(outputs=[OUTPUT | {"parameters": None}], **SEEDED),
        request(outputs=[OUTPUT | {"parameters": {"binary_data": None}}], **SEEDED),
        request(INPUT | {"parameters": {}}, outputs=[OUTPUT | {"parameters": {}}], **SEEDED),
        request(outputs=[OUTPUT | {"parameters": {"binary_data": False}}], **SEEDED),
    ],
)
def test_null_is_absent(body: bytes) -> None:
    """Optional members that are null, as typed clients write them, or empty, are as good as absent."""
    assert told(body) == told(request(**SEEDED))


def test_null_parameters_are_none() -> None:
    """Without parameters, or with null for them, p is 0.5 and the seed the server's own."""
    for body in (request(), request(parameters=None), request(parameters={})):
        found = told(body).head["parameters"]
        assert (found["p"], found["training"]) == (0.5, True)
        assert 0 <= found["seed"] < 2**53


NOISE: Final[list[Any]] = [
    "x",
    1,
    0.5,
    True,
    [],
    {},
    {"data": [9, 9]},
    [{"data": [9, 9]}, {"data": [8]}],
    {"inputs": [INPUT]},
]
"""Values of what is ignored."""


def noisy(value: Any) -> list[bytes]:
    """Requests with a value in each of the places that are ignored, in front of the data and behind it."""
    model = {"model_name": value, "model_version": value}
    parameters = [
        {"parameters": {name: value} | SEEDED["parameters"]} for name in ("priority", "timeout", "content_type")
    ]
    inputs = [{"parameters": {"content_type": value}} | INPUT, INPUT | {"parameters": {"content_type": value}}]
    heads = [model | SEEDED, *parameters]
    return [
        *(json.dumps(head | {"inputs": [INPUT]}).encode() for head in heads),
        *(request(**head) for head in heads),
        *(request(given, **SEEDED) for given in inputs),
        request(outputs=[OUTPUT | {"parameters": {"content_type": value}}], **SEEDED),
    ]


@pytest.mark.parametrize("value", NOISE, ids=str)
def test_what_is_ignored_changes_nothing(value: Any) -> None:
    """The model's name and version, priorities and content types may be any scalar; arrays there never become data."""
    expected = told(request(**SEEDED))
    for body in noisy(value):
        try:
            assert told(body) == expected
        except Invalid:
            assert isinstance(value, list | dict)


@pytest.mark.parametrize("names", [("output",), ("mask",), ("output", "mask"), ("mask", "output")])
@pytest.mark.parametrize("binary", [True, False])
def test_outputs_come_in_the_order_asked_for(names: tuple[str, ...], binary: bool) -> None:
    """In JSON and in binary: the n-th output asked for is the n-th in the reply, and so are its bytes."""
    outputs = [{"name": name, "parameters": {"binary_data": binary}} for name in names]
    reply = told(request(outputs=outputs, **SEEDED))
    assert [output["name"] for output in reply.head["outputs"]] == list(names)
    sizes = [output.get("parameters", {}).get("binary_data_size", 0) for output in reply.head["outputs"]]
    assert sizes == [{"output": 8, "mask": 2}[name] * binary for name in names]
    assert sum(sizes) == len(reply.content)
    if binary:
        expected = told(request(outputs=[{"name": name} for name in names], **SEEDED))
        assert reply.content == b"".join(expected.array(name).tobytes() for name in names)


@pytest.mark.parametrize("datatype", HALVES)
def test_halves_come_back_in_binary_unasked(datatype: str) -> None:
    """FP16 and BF16 are answered in binary where nothing is said; a mask beside them is JSON."""
    x = np.array([1.5, -2.0], DATATYPES[datatype])
    reply = told(*sent(x, outputs=[OUTPUT, {"name": "mask"}], parameters={"p": 0.0, "seed": 1}))
    assert reply.content == x.tobytes()
    assert reply.array("mask").tolist() == [True, True]


TALLIES: Final = ("decisions", "dropped", "drop_rate", "expected_drop_rate_interval")


def is_statistic(name: str) -> bool:
    """Whether a parameter of a reply tells what was counted or measured."""
    return name in TALLIES or name.startswith(("input_", "output_"))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"p": 0.25, "seed": 42},
        {"keep_prob": 0.3, "seed": 2**64 - 1, "stream": 2**63, "offset": 7, "sample": 2**60},
        {"p": 0.1, "samples": 3},
        {"training": False},
        {"training": False, "scaling": "inference", "p": 0.2},
        {"scaling": "none"},
        {"noise_shape": "null,1"},
        {"noise_shape": "1, 3", "samples": 2},
        {"p": 0.0},
        {"p": 1.0},
    ],
    ids=str,
)
def test_the_parameters_of_a_reply_are_a_replay(parameters: dict[str, Any]) -> None:
    """Sent back as they are, without the statistics, they are answered to the byte as before."""
    x = np.arange(6, dtype="f4").reshape(2, 3) + 1
    outputs = [OUTPUT, {"name": "mask"}]
    first = answer(*sent(x, parameters=parameters, outputs=outputs))
    found = json.loads(bytes(first.parts[0]))["parameters"]
    replay = {name: value for name, value in found.items() if not is_statistic(name)}
    assert answer(*sent(x, parameters=replay, outputs=outputs)) == first
    assert all(isinstance(value, str | bool | int | float) for value in found.values())


def test_a_replay_with_a_mask_is_one() -> None:
    """A given mask, sent again with the parameters of the reply, gives the same reply."""
    first = told(request(INPUT, MASK, parameters={"p": 0.25}))
    replay = {name: value for name, value in first.head["parameters"].items() if not is_statistic(name)}
    assert told(request(INPUT, MASK, parameters=replay)) == first


# A body without JSON


@given(hnp.arrays("<f4", st.integers(0, 20)), st.sampled_from(["0", "00", "0" * 40]))
def test_a_body_without_json_is_the_input(x: FloatArray, header: str) -> None:
    """A length of 0: the body is FP32 elements, flat, and the reply JSON."""
    inference = infer.decode(x.tobytes(), header, "dropout", LIMITS)
    assert bits(inference.call.x) == bits(x)
    reply = told(x.tobytes(), header)
    assert [(output["name"], output["shape"]) for output in reply.head["outputs"]] == [("output", [x.size])]
    assert reply.head["parameters"]["p"] == 0.5


@pytest.mark.parametrize("zeros", ["", "0", "0" * 30, "0" * 5000])
def test_a_length_may_have_zeros_before_it(zeros: str) -> None:
    """It is a number, however it is written."""
    body, header = sent(np.array([1, 2], "<f4"), **SEEDED)
    assert told(body, zeros + header) == told(body, header)


def test_the_length_of_all_is_that_of_json_alone() -> None:
    """A header that says the whole body is JSON is as good as none."""
    body = request(**SEEDED)
    assert told(body, str(len(body))) == told(body)


@pytest.mark.parametrize("tensor", [bytes(16), b"[{" * 500, b"\xff" * 2**17])
def test_tensors_need_the_length_of_the_json(tensor: bytes) -> None:
    """A proxy or a hand-written client may leave the header out: the error names it, whatever the bytes look like."""
    body = request(sized(len(tensor), shape=[len(tensor) // 4])) + tensor
    with pytest.raises(Malformed, match="the header Inference-Header-Content-Length must tell") as caught:
        infer.decode(body, "", "dropout", LIMITS)
    assert caught.value.faults[0].code == "malformed_json"


def test_bfloat16_is_read_as_it_is() -> None:
    """BF16 is the upper half of float32, little end first."""
    x = np.array([1.0, -2.5], np.float32)
    halves = (x.view("u4") >> 16).astype("<u2").tobytes()
    body = request(sized(4, datatype="BF16"), parameters={"training": False})
    assert told(body + halves, str(len(body))).content == halves
    assert infer.decode(body + halves, str(len(body)), "dropout", LIMITS).call.x.dtype == ml_dtypes.bfloat16
