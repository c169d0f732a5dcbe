"""A limit: a setting that requests are held to, told with the others and written into the fields it bounds."""

from json import dumps

from app.settings import load
from app.wire.about import LimitsReply
from app.wire.backward import BACKWARD
from app.wire.dropout import DROPOUT
from app.wire.simulate import SIMULATE
from tests.changes.asked import document, fault

assert LimitsReply.of(load({"DROPOUT_MAX_BLOCK": "9"})).model_dump()["max_block"] == 9

refused = ("too_many_elements", "a block may have a side of 64 (DROPOUT_MAX_BLOCK), got 65")
for call, array in ((DROPOUT, "input"), (BACKWARD, "grad_output"), (SIMULATE, "shape")):
    body = {array: [1], "variant": "drop_block2d", "block_size": 65, "seed": 5}
    assert fault(dumps(body).encode(), call) == refused

schemas = document(DROPOUT_MAX_BLOCK="9")["components"]["schemas"]
assert schemas["DropoutRequest"]["properties"]["block_size"]["maximum"] == 9
assert schemas["SimulateRequest"]["properties"]["block_size"]["maximum"] == 9
