"""Requests of the Open Inference Protocol: how they are made, and those that must be refused."""

import json
from typing import Any, Final, NamedTuple

import numpy as np

from app.core import FloatArray
from app.errors import DropoutError, Invalid, Malformed, TooLarge
from app.wire.json.envelope import SMALL
from app.wire.oip.tensor import NAMES

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


def with_mask(**changes: Any) -> bytes:
    """A request with a mask that differs."""
    return request(INPUT, MASK | changes)


def with_data(written: str, shape: list[int] | None = None, datatype: str = "FP32") -> bytes:
    """A request whose data is JSON, or claims to be."""
    head = {"name": "input", "shape": [2] if shape is None else shape, "datatype": datatype, "data": 0}
    return request(head).replace(b'"data": 0', b'"data": ' + written.encode())


def with_output(**changes: Any) -> bytes:
    """A request for an output that differs."""
    return request(outputs=[OUTPUT | changes])


def sized(size: Any, **changes: Any) -> dict[str, Any]:
    """A binary input of so many bytes."""
    return BINARY | changes | {"parameters": {"binary_data_size": size}}


def sent(x: FloatArray, *, odd: int = 0, **more: Any) -> tuple[bytes, str]:
    """A request with a binary tensor, and its header; `odd` blanks before it move the tensor about."""
    head = {"name": "input", "shape": x.shape, "datatype": NAMES[x.dtype.newbyteorder("=")]}
    body = request(head | {"parameters": {"binary_data_size": x.nbytes}}, **more) + b" " * odd
    return body + x.tobytes(), str(len(body))


# What is ignored

SEEDED: Final[dict[str, Any]] = {"parameters": {"seed": 42}}
NOISE: Final[list[Any]] = [
    *("x", 1, 0.5, True, [], {}),
    *({"data": [9, 9]}, [{"data": [9, 9]}, {"data": [8]}], {"inputs": [INPUT]}),
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


# What must be refused


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


def binary(
    head: dict[str, Any], content: bytes, error: type[DropoutError], code: str, pointer: str, **more: Any
) -> Hostile:
    """A request with one tensor, and what follows its JSON."""
    body = request(head, **more)
    return Hostile(body + content, str(len(body)), error, code, pointer)


def mismatch(content: bytes, pointer: str = "/inputs/0", *, size: Any = 8, **changes: Any) -> Hostile:
    """A request with a binary tensor of other bytes."""
    return binary(sized(size, **changes), content, Malformed, "length_mismatch", pointer)


def parameter(name: str, value: Any, code: str = "wrong_type") -> Hostile:
    """A request with that parameter."""
    return invalid(request(parameters={name: value}), code, f"/parameters/{name}")


def nested(depth: int, name: str = "x") -> bytes:
    """A request with brackets so deep in one of its members."""
    return request()[:-1] + f', "{name}": {"[" * depth}{"]" * depth}}}'.encode()


JSON_OUT: Final = {"parameters": {"binary_data": False}}
JSON_ALL: Final = {"binary_data_output": False}


def unspoken(half: str, **asked: Any) -> Hostile:
    """A request for a tensor in JSON, of a type that is never JSON."""
    place = "/parameters/binary_data_output" if "parameters" in asked else "/outputs/0/parameters/binary_data"
    return binary(sized(4, datatype=half), bytes(4), Invalid, "wrong_type", place, **asked)


GOOD: Final = request()
NO_LENGTHS: Final = [
    *("-1", "-0", "+5", "1.0", "1e1", "0x10", "1_0", "five", "1 2", "5,5", "²", "½", "NaN", "true"),
    *(str(len(GOOD) + 1), str(2**31), str(2**63), str(2**64), "9" * 19, "9" * 20, "9" * 5000),
    *("0" * 20 + "9" * 30, "0" * 20 + "9" * 5000),
]
STRUCTURE: Final[dict[str, Hostile]] = {
    # the length of the JSON
    **{f"length {value[:30]}": malformed(GOOD, "malformed_length", header=value) for value in NO_LENGTHS},
    "length that ends in the JSON": malformed(GOOD, header=str(len(GOOD) - 1)),
    "length of 1": malformed(GOOD, header="1"),
    "length that ends behind the JSON": malformed(GOOD + TWO, header=str(len(GOOD) + 1)),
    "no length for binary data": malformed(request(sized(8)) + TWO),
    "no JSON, odd bytes": malformed(b"12345", "length_mismatch", "/input", "0"),
    # no JSON
    "nothing": malformed(b""),
    "cut off": malformed(GOOD[:-1]),
    "two bodies": malformed(GOOD * 2),
    "UTF-16": malformed(GOOD.decode().encode("utf-16")),
    "invalid UTF-8 in data": malformed(GOOD.replace(b"[1, 2]", b"[1, \xe9]")),
    "half a surrogate pair in data": malformed(with_data(r'[1, "\ud800"]')),
    "half a surrogate pair in what is ignored": malformed(GOOD[:-1] + rb', "model_name": "\ud800"}'),
    "data without a comma": malformed(with_data("[1 2]")),
    "data with half a name": malformed(with_data("[Infinit, 1]")),
    "data with another's name": malformed(with_data("[nan, 1]")),
    "a mask of Python": malformed(with_mask().replace(b"[true, false]", b"[True, False]")),
    **{f"nesting {depth}": malformed(nested(depth), "nesting_too_deep") for depth in (101, 10**6)},
    "nesting in what is ignored": malformed(nested(1000, "model_name"), "nesting_too_deep"),
    "data nested 98 deep": malformed(with_data("[" * 98 + "1, 2" + "]" * 98), "nesting_too_deep"),
    "data nested a million deep": malformed(
        with_data("[" * 10**6 + "1, 2" + "]" * 10**6), "nesting_too_deep", "/inputs/0/data"
    ),
    # duplicate keys
    "inputs twice": malformed(GOOD[:-1] + b', "inputs": []}', "duplicate_key"),
    "data twice": malformed(with_data('[1, 2], "data": [3, 4]'), "duplicate_key"),
    "data twice, once escaped": malformed(with_data(r'[1, 2], "d\u0061ta": [3, 4]'), "duplicate_key"),
    "data twice, once null": malformed(with_data('[1, 2], "data": null'), "duplicate_key"),
    "a key twice in what is ignored": malformed(GOOD[:-1] + b', "model_name": {"a": 1, "a": 1}}', "duplicate_key"),
    # too large
    "a long name": Hostile(GOOD[:-1] + b', "' + b"x" * 2**17 + b'": 1}', "", TooLarge, "fields_too_large", ""),
    "data under another name": Hostile(with_input(Data=[1] * 2**17), "", TooLarge, "fields_too_large", ""),
    # JSON that is no request
    "a list": invalid(b"[]", "wrong_type", ""),
    "an empty object": invalid(b"{}", "missing_field", "/inputs"),
    "inputs of an object": invalid(b'{"inputs": {}}', "wrong_type", "/inputs"),
    "inputs of null": invalid(b'{"inputs": null}', "wrong_type", "/inputs"),
    "inputs of text": invalid(b'{"inputs": ["input"]}', "wrong_type", "/inputs/0"),
    "no inputs": invalid(b'{"inputs": []}', "missing_field", "/inputs"),
    "a member of /v1": invalid(request(p=0.5), "unknown_field", "/p"),
    "an unknown member": invalid(request(x=0.5), "unknown_field", "/x"),
    "an id that is a number": invalid(request(id=1), "wrong_type", "/id"),
}
SHAPES: Final[dict[str, tuple[Any, str, str]]] = {
    "negative": ([-1], "out_of_range", "/0"),
    "of a float": ([2.0], "wrong_type", "/0"),
    "of text": (["2"], "wrong_type", "/0"),
    "of true": ([2, True], "wrong_type", "/1"),
    "of null": ([None], "wrong_type", "/0"),
    "of a list": ([[2]], "wrong_type", "/0"),
    "a number": (2, "wrong_type", ""),
    "text": ("2", "wrong_type", ""),
    "null": (None, "wrong_type", ""),
}
"""What is no shape, how it is refused, and where in it."""
OTHER_SHAPES: Final[dict[str, list[int]]] = {
    "too small": [1],
    "too large": [3],
    "of rank 0": [],
    "of no elements": [0],
    "whose product wraps": [2, 13, 419, 691, 823, 2977518503],
    "of 2^64": [2**64],
    "of 2^64 elements": [2**32, 2**32],
    "of 2^63 and 2": [2**63 + 1, 2],
    "of 2^62 and 0": [2**62, 0],
    "of 4000 digits": [10**4000],
    "beyond the limit": [16_000_001],
    "of 20,000": [9] * 20_000,
}
"""Shapes of other elements than the two there are."""
NO_DATA: Final = {"a number": 1.0, "text": "[1, 2]", "an object": {"0": 1, "1": 2}, "true": True, "null": None}
LAST: Final = SMALL // 2
"""The index of a stranger, so far behind in the data that its body is not parsed whole."""
ELEMENTS: Final[dict[str, tuple[list[Any], str, str]]] = {
    "ragged": ([[1], [2, 3]], "ragged", ""),
    "text among numbers": ([1, "2"], "not_a_number", "/1"),
    "NaN as text": ([1, "NaN"], "not_a_number", "/1"),
    "a boolean among numbers": ([1, True], "not_a_number", "/1"),
    "booleans for numbers": ([True, False], "not_a_number", "/0"),
    "null among numbers": ([1, None], "not_a_number", "/1"),
    "a tensor among numbers": ([1, {"data": [2]}], "not_a_number", "/1"),
}
FLAGGED: Final[dict[str, tuple[list[Any], str, str]]] = {
    "numbers for booleans": ([1, 0], "not_a_boolean", "/0"),
    "a number among booleans": ([True, 1], "not_a_boolean", "/1"),
    "NaN among booleans": ([True, float("nan")], "not_a_boolean", "/1"),
}
NO_SIZES: Final[dict[str, list[Any]]] = {"out_of_range": [-8, -(2**63)], "wrong_type": [True, 8.0, "8", [8], {}]}
TENSORS: Final[dict[str, Hostile]] = {
    # names
    "two inputs of a name": invalid(request(INPUT, INPUT), "conflicting_fields", "/inputs/1/name"),
    "two masks": invalid(request(INPUT, MASK, MASK), "conflicting_fields", "/inputs/2/name"),
    "an unknown input": invalid(with_input(name="x"), "unknown_value", "/inputs/0/name"),
    "an output for input": invalid(with_input(name="output"), "unknown_value", "/inputs/0/name"),
    "a name that is a number": invalid(with_input(name=1), "unknown_value", "/inputs/0/name"),
    "a mask alone": invalid(request(MASK), "missing_field", "/inputs"),
    **{
        f"no {name}": invalid(
            request({other: value for other, value in INPUT.items() if other != name}),
            "missing_field",
            f"/inputs/0/{name}",
        )
        for name in INPUT
    },
    "another member": invalid(with_input(x=1), "unknown_field", "/inputs/0/x"),
    "an unknown output": invalid(with_output(name="x"), "unknown_value", "/outputs/0/name"),
    "an input for output": invalid(with_output(name="input"), "unknown_value", "/outputs/0/name"),
    "two outputs of a name": invalid(request(outputs=[OUTPUT, OUTPUT]), "conflicting_fields", "/outputs/1/name"),
    "outputs of text": invalid(request(outputs=["output"]), "wrong_type", "/outputs/0"),
    "outputs of an object": invalid(request(outputs={}), "wrong_type", "/outputs"),
    "outputs with data": invalid(with_output(data=[1]), "unknown_field", "/outputs/0/data"),
    # datatypes
    **{
        f"datatype {name[:9]}": invalid(with_input(datatype=name), "unknown_value", "/inputs/0/datatype")
        for name in ("FP8", "fp32", "float32", "", "INT64", "BYTES", "BOOL", "FP32 ", "x" * 5000)
    },
    "datatype null": invalid(with_input(datatype=None), "wrong_type", "/inputs/0/datatype"),
    "a mask of numbers": invalid(with_mask(datatype="FP32"), "unknown_value", "/inputs/1/datatype"),
    "a mask of bytes": invalid(with_mask(datatype="UINT8"), "unknown_value", "/inputs/1/datatype"),
    **{f"{half} in JSON": invalid(with_input(datatype=half), "wrong_type", "/inputs/0/datatype") for half in HALVES},
    **{f"{half} back in JSON": unspoken(half, outputs=[OUTPUT | JSON_OUT]) for half in HALVES},
    **{f"{half} back in JSON, as all": unspoken(half, parameters=JSON_ALL) for half in HALVES},
    # shapes
    **{
        f"shape {name}": invalid(with_input(shape=shape), code, f"/inputs/0/shape{place}")
        for name, (shape, code, place) in SHAPES.items()
    },
    **{
        f"shape {name}": invalid(with_input(shape=shape), "shape_mismatch", "/inputs/0/data")
        for name, shape in OTHER_SHAPES.items()
    },
    "shape transposed": invalid(with_input(shape=[2, 1], data=[[1, 2]]), "shape_mismatch", "/inputs/0/data"),
    "shape of a mask": invalid(with_mask(shape=[3]), "shape_mismatch", "/inputs/1/data"),
    "mask that does not fit": invalid(with_mask(shape=[3], data=[True] * 3), "mask_mismatch", "/inputs/1"),
    **{
        f"shape of none, {shape}": Hostile(
            with_input(shape=shape, data=[]), "", TooLarge, "too_many_elements", "/inputs/0/shape"
        )
        for shape in ([2**62, 0], [0, 2**63, 2**63], [16_000_001, 0])
    },
    **{
        f"{rank} dimensions": invalid(with_input(shape=[1] * rank, data=[1]), "rank_too_high", "/inputs/0/shape")
        for rank in (33, 65, 20_000)
    },
    "data 33 deep": invalid(with_data("[" * 33 + "1, 2" + "]" * 33), "rank_too_high", "/inputs/0/data"),
    "data 97 deep": invalid(with_data("[" * 97 + "1, 2" + "]" * 97), "rank_too_high", "/inputs/0/data"),
    # elements
    **{
        f"data {name}": invalid(with_input(data=data), "wrong_type", "/inputs/0/data") for name, data in NO_DATA.items()
    },
    "data of another input null": invalid(request(MASK | {"data": None}, INPUT), "wrong_type", "/inputs/0/data"),
    **{
        name: invalid(with_input(data=data), code, f"/inputs/0/data{place}")
        for name, (data, code, place) in ELEMENTS.items()
    },
    **{
        name: invalid(with_mask(data=data), code, f"/inputs/1/data{place}")
        for name, (data, code, place) in FLAGGED.items()
    },
    **{
        f"{element} far behind": invalid(
            with_data(f"[{'0,' * LAST}{element}]"), "not_a_number", f"/inputs/0/data/{LAST}"
        )
        for element in ('"x"', "true")
    },
    "1 far behind": invalid(
        with_mask(data=[]).replace(b"[]", b"[" + b"true," * LAST + b"1]"), "not_a_boolean", f"/inputs/1/data/{LAST}"
    ),
    # binary
    "data and binary": binary(sized(8) | {"data": [1, 2]}, TWO, Invalid, "conflicting_fields", "/inputs/0/data"),
    "a byte after it": mismatch(TWO + b"x", ""),
    "a tensor after it": mismatch(TWO * 2, ""),
    "bytes after JSON": binary(INPUT, TWO, Malformed, "length_mismatch", ""),
    "a byte missing": mismatch(TWO[:-1]),
    "all bytes missing": mismatch(b""),
    **{
        f"binary_data_size {str(size)[:30]}": mismatch(TWO, size=size)
        for size in (0, 7, 9, 4, 16, 2**31, 2**32 + 8, 2**63, 2**64 + 8, 10**100)
    },
    **{
        f"binary_data_size {size!r}": binary(sized(size), TWO, Invalid, code, "/inputs/0/parameters/binary_data_size")
        for code, sizes in NO_SIZES.items()
        for size in sizes
    },
    "a shape that wraps, binary": mismatch(bytes(40), size=40, shape=[2, 13, 419, 691, 823, 2977518503]),
    "2^62 elements, binary": mismatch(TWO, shape=[2**62]),
    "another size of element": mismatch(TWO, datatype="FP64"),
    "FP16 of half the bytes": mismatch(bytes(2), size=2, datatype="FP16"),
    "0 beside 2^62, binary": binary(sized(0, shape=[0, 2**62]), b"", TooLarge, "too_many_elements", "/inputs/0/shape"),
    "65 dimensions, binary": binary(sized(4, shape=[1] * 65), bytes(4), Invalid, "rank_too_high", "/inputs/0/shape"),
    "20,000 dimensions, binary": binary(
        sized(4, shape=[9] * 20_000), bytes(4), Invalid, "rank_too_high", "/inputs/0/shape"
    ),
    "BOOL of 2": binary(sized(2, name="mask", datatype="BOOL"), b"\1\2", Invalid, "not_a_boolean", "/inputs/0"),
    "BOOL of 255": binary(sized(2, name="mask", datatype="BOOL"), b"\xff\0", Invalid, "not_a_boolean", "/inputs/0"),
    "BOOL of 2 beside an input": Hostile(
        request(INPUT, FLAGS) + b"\1\2", str(len(request(INPUT, FLAGS))), Invalid, "not_a_boolean", "/inputs/1"
    ),
    # parameters of tensors
    **{
        f"{name} of an input": invalid(
            request(BINARY | {"parameters": {name: 8}}), "unknown_field", f"/inputs/0/parameters/{name}"
        )
        for name in ("shared_memory_region", "shared_memory_offset", "shared_memory_byte_size")
    },
    **{
        f"{name} of an output": invalid(
            with_output(parameters={name: 8}), "unknown_field", f"/outputs/0/parameters/{name}"
        )
        for name in ("shared_memory_region", "classification", "binary_data_size")
    },
    "binary_data of 1": invalid(
        with_output(parameters={"binary_data": 1}), "wrong_type", "/outputs/0/parameters/binary_data"
    ),
}
RESERVED: Final = (
    *("sequence_id", "sequence_start", "sequence_end", "headers", "triton_x", "triton_enable_empty_final_response"),
    *("include", "shape", "mask", "input", "P", "rate", "decisions", "drop_rate", "input_mean", "", "x" * 30),
)
"""Names of parameters that are another's, or nobody's."""
PARAMETERS: Final[dict[str, Hostile]] = {
    **{f"parameter {name}": parameter(name, 1, "unknown_field") for name in RESERVED},
    "parameters of text": invalid(request(parameters="p=0.5"), "wrong_type", "/parameters"),
    "parameters of a list": invalid(request(parameters=[]), "wrong_type", "/parameters"),
    "a parameter twice": malformed(GOOD[:-1] + b', "parameters": {"p": 0.1, "p": 0.1}}', "duplicate_key"),
    # each is the field of that name
    "another variant": parameter("variant", "dropout1d", "conflicting_fields"),
    "an unknown variant": parameter("variant", "dropout9d", "unknown_value"),
    "p of NaN": parameter("p", float("nan"), "non_finite"),
    "p beyond 1": parameter("p", 1.5, "out_of_range"),
    "p of text": parameter("p", "0.5"),
    "p of null": parameter("p", None),
    "seed of a float": parameter("seed", 42.0),
    "seed of 2^64 as text": parameter("seed", str(2**64), "out_of_range"),
    "seed of 4000 digits": parameter("seed", 10**4000, "out_of_range"),
    "samples of 0": parameter("samples", 0, "out_of_range"),
    "a dtype that is another": parameter("dtype", "float64", "conflicting_fields"),
    "a dtype that is none": parameter("dtype", "FP32", "unknown_value"),
    "noise_shape of a number": parameter("noise_shape", 2),
    "noise_shape of another rank": parameter("noise_shape", "1,1", "noise_shape_mismatch"),
    **{
        f"{name} of words": invalid(request(parameters={name: "all"}), "wrong_type", f"/parameters/{name}/0")
        for name in ("noise_shape", "whole", "origin")
    },
    **{f"binary_data_output of {value!r}": parameter("binary_data_output", value) for value in (1, "true")},
    # what they mean together
    "both p and keep_prob": invalid(
        request(parameters={"p": 0.5, "keep_prob": 0.5}), "conflicting_fields", "/parameters/keep_prob"
    ),
    "seed beside a mask": invalid(
        request(INPUT, MASK, parameters={"seed": 1}), "conflicting_fields", "/parameters/seed"
    ),
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
}
HOSTILE: Final = STRUCTURE | TENSORS | PARAMETERS
"""Requests that must be refused, by what is wrong with them."""
