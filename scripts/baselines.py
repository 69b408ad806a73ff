"""What others make of the same models and data: python3 scripts/baselines.py <models> <folder> <model>...

Per model, <folder>/<model>.npz takes the first output of every row of `inputs` (float32), one array per tool:
- entropy, percentile: onnxruntime's static quantisation (QDQ, int8, per channel) with that calibration, on the rows of
  `calibration`, run without graph optimisation
- tflite: model.int8.tflite where there is one, inputs and outputs dequantised
"""

import contextlib
import logging
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

METHODS = {"entropy": CalibrationMethod.Entropy, "percentile": CalibrationMethod.Percentile}


class Reader:
    """Calibration rows, one at a time."""

    def __init__(self, name, rows):
        self.feeds = iter({name: row} for row in rows)

    def get_next(self):
        return next(self.feeds, None)


def session(path):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def shaped(rows, shape):
    """Rows in the shape of one input with a batch of one."""
    sizes = [size if isinstance(size, int) and size > 0 else 1 for size in shape]
    return [np.asarray(row, np.float32).reshape(sizes) for row in rows]


def onnxruntime_outputs(model, method, calibration, inputs):
    given = session(model).get_inputs()[0]
    with tempfile.TemporaryDirectory() as folder:
        prepared, quantised = Path(folder, "prepared.onnx"), Path(folder, "quantised.onnx")
        quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(quantised),
            Reader(given.name, shaped(calibration, given.shape)),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=method,
        )
        runner = session(quantised)
        name = runner.get_inputs()[0].name
        return [runner.run(None, {name: row})[0].ravel() for row in shaped(inputs, given.shape)]


def tflite_outputs(model, inputs):
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(model))
    runner.allocate_tensors()
    given, result = runner.get_input_details()[0], runner.get_output_details()[0]

    def stored(row):
        scale, zero = given["quantization"]
        if scale == 0:
            return row.astype(given["dtype"])
        limits = np.iinfo(given["dtype"])
        return np.clip(np.rint(row / scale) + zero, limits.min, limits.max).astype(given["dtype"])

    outputs = []
    for row in shaped(inputs, given["shape"].tolist()):
        runner.set_tensor(given["index"], stored(row))
        runner.invoke()
        scale, zero = result["quantization"]
        values = runner.get_tensor(result["index"]).ravel().astype(np.float32)
        outputs.append((values - zero) * scale if scale else values)
    return outputs


def main(models, folder, *names):
    logging.disable(logging.WARNING)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        source = Path(models, name)
        if session(source / "model.onnx").get_inputs()[0].type != "tensor(float)":
            print(f"baselines: {name} is no float model", file=sys.stderr)
            continue
        data = np.load(source / "data.npz")
        found = {}
        for method, kind in METHODS.items():
            print(f"baselines: {name}, onnxruntime with {method}", file=sys.stderr)
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                found[method] = onnxruntime_outputs(source / "model.onnx", kind, data["calibration"], data["inputs"])
        if (source / "model.int8.tflite").exists():
            print(f"baselines: {name}, tflite", file=sys.stderr)
            found["tflite"] = tflite_outputs(source / "model.int8.tflite", data["inputs"])
        np.savez(Path(folder, f"{name}.npz"), **{key: np.stack(rows).astype(np.float32) for key, rows in found.items()})


main(*sys.argv[1:])
