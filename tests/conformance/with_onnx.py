"""ONNX's Dropout: the cases it publishes, and its reference evaluator."""

from typing import Any

import numpy as np
import pytest

from app.core import BoolArray, FloatArray

REASON = "NOT HELD AGAINST ONNX: onnx is not installed here"
onnx: Any = pytest.importorskip("onnx", reason=REASON)
reference: Any = pytest.importorskip("onnx.reference", reason=REASON)
nodes: Any = pytest.importorskip("onnx.backend.test.case.node", reason=REASON)
pytest.importorskip("onnx.backend.test.case.node.dropout", reason=REASON)  # makes the cases, each from seed 0

CASES: dict[str, Any] = {case.name: case for case in nodes._NodeTestCases}


def evaluated(x: FloatArray, ratio: Any) -> tuple[FloatArray, BoolArray]:
    """The output and the mask of the reference evaluator, in training."""
    dtypes = [onnx.helper.np_dtype_to_tensor_dtype(dtype) for dtype in (x.dtype, ratio.dtype, np.dtype(bool))]
    taken = map(onnx.helper.make_tensor_value_info, "xrt", dtypes, [x.shape, [], []])
    given = map(onnx.helper.make_tensor_value_info, "yz", dtypes[::2], [x.shape, x.shape])
    node = onnx.helper.make_node("Dropout", list("xrt"), list("yz"), seed=7)
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "dropout", list(taken), list(given)))
    values = {"x": x, "r": np.asarray(ratio), "t": np.array(True)}
    y, mask = reference.ReferenceEvaluator(model).run(None, values)
    return y, mask
