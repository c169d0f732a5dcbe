"""A format of arrays: read, written, counted, documented, its header field shown to pages of other origins."""

from app.api.cors import EXPOSED
from app.api.metrics import Metrics
from app.wire.task import Sent
from tests.changes.asked import answer, document

FORM = "application/x-hex"

reply = answer(b"0000803f00000040", FORM, [("dtype", "float32"), ("training", "false")])
assert (reply.media_type, bytes(reply.parts[0])) == (FORM, b"0000803f00000040")
assert reply.headers["Hex-Case"] == "lower"
assert "Hex-Case" in EXPOSED

metrics = Metrics()
metrics.elements("dropout", Sent(b"", FORM), 2)
assert b'dropout_elements_total{transport="hex",variant="dropout"} 2.0' in metrics.page()

call = document()["paths"]["/v1/dropout"]["post"]
assert FORM in call["requestBody"]["content"]
assert call["responses"]["200"]["content"].keys() >= {FORM}
assert call["responses"]["200"]["headers"]["Hex-Case"]["description"] == "Of a binary reply: case of the digits."
