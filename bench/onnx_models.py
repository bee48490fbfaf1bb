"""Models of one operator for ONNX Runtime, built in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .peers import Call

OPSET = 17
IR_VERSION = 8


def session(
    operator: str,
    x: np.ndarray,
    weights: dict[str, np.ndarray],
    out: Sequence[int],
    **attributes: Any,
) -> tuple[Call, Callable[[], np.ndarray]]:
    """A call that runs an operator on x (B, T, C), and the function that gives its result so.

    Input and result lie where the library wants them, in (batch, channel, position).
    """
    import onnxruntime as ort

    data = np.ascontiguousarray(x.transpose(0, 2, 1))
    options = ort.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    options.inter_op_num_threads = 1
    model = _model(operator, data.shape, weights, out, attributes)
    run = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    binding = run.io_binding()
    # The library's values are the memory of the arrays, which must live as long as the call.
    kept = [data, np.zeros(out, "f4")]
    values = [ort.OrtValue.ortvalue_from_numpy(array) for array in kept]
    binding.bind_ortvalue_input("x", values[0])
    binding.bind_ortvalue_output("y", values[1])

    def call(kept: Any = kept) -> None:
        run.run_with_iobinding(binding)

    def result() -> np.ndarray:
        call()
        return np.array(values[1].numpy().transpose(0, 2, 1))

    return call, result


def _model(
    operator: str,
    shape: Sequence[int],
    weights: dict[str, np.ndarray],
    out: Sequence[int],
    attributes: dict[str, Any],
) -> bytes:
    import onnx
    from onnx import helper

    node = helper.make_node(operator, ["x", *weights], ["y"], **attributes)
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [node],
        operator,
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info("y", kind, list(out))],
        [
            onnx.numpy_helper.from_array(np.ascontiguousarray(value), name)
            for name, value in weights.items()
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
