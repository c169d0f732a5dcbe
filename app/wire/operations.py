"""The calls there are: a row each."""

from typing import Final

from app.wire.backward import BACKWARD
from app.wire.dropout import DROPOUT
from app.wire.mask import MASK
from app.wire.oip.infer import INFER
from app.wire.simulate import SIMULATE
from app.wire.verify import VERIFY

OPERATIONS: Final = (DROPOUT, BACKWARD, MASK, SIMULATE, VERIFY, INFER)
