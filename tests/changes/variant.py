"""A variant with a parameter of its own, in every form of a request and wherever parameters are told."""

from json import loads

from tests.changes.asked import answer, document, fault, told

reply = told(b'{"input": [[1, 2, 3]], "variant": "axis_dropout", "axis": 1, "seed": 5}')
assert (reply["layer"]["noise_shape"], reply["replay"]["axis"]) == ([1, 3], 1)

query = [("dtype", "float32"), ("variant", "axis_dropout"), ("axis", "0")]
raw = answer(bytes(8), "application/octet-stream", query)
assert loads(raw.headers["Dropout-Replay"])["axis"] == 0

assert fault(b'{"input": [1], "variant": "axis_dropout", "axis": -1}')[0] == "out_of_range"
assert fault(b'{"input": [1], "axis": 0}')[0] == "conflicting_fields"

found = document()
schemas = found["components"]["schemas"]
for model in ("DropoutRequest", "VerifyRequest", "Parameters"):
    assert schemas[model]["properties"]["axis"]["minimum"] == 0
assert schemas["Replay"]["properties"]["axis"]["description"] == "As sent."
assert "axis" in [parameter["name"] for parameter in found["paths"]["/v1/dropout"]["post"]["parameters"]]
