"""Trains a small CNN on scikit-learn's 8x8 digits and writes digits.onnx and digits.npz beside this file.

Forward and backward passes are plain numpy, so that the whole example can be read in one sitting. A run takes about
half a minute on one core and always writes the same bytes (see `Adam.step`).
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads cost more than they bring

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

SEED = 0
TEST_ROWS = 360
CALIBRATION_ROWS = 150
EPOCHS = 60
BATCH = 32
LEARNING_RATE = 1e-2
WEIGHT_DECAY = 1e-2
OPSET = 13
FOLDER = Path(__file__).resolve().parent


# Layers: `<name>` computes the output and what the gradient needs, `<name>_gradient` goes back. Images are [N, C, H, W].


def windows(images):
    """3x3 neighbourhoods, zeros outside: [N, C, H, W] -> [N * H * W, C * 9]."""
    n, c, h, w = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * 9)


def conv(images, weight, bias):
    """Convolution 3x3, stride 1, one pixel of zero padding."""
    n, _, h, w = images.shape
    columns = windows(images)
    output = columns @ weight.reshape(len(weight), -1).T + bias
    return output.reshape(n, h, w, -1).transpose(0, 3, 1, 2), columns


def conv_gradient(upstream, columns, weight):
    """Gradients of the input, the weight and the bias. The input's is the convolution with the kernels turned round."""
    rows = upstream.transpose(0, 2, 3, 1).reshape(-1, upstream.shape[1])
    weight_gradient = (rows.T @ columns).reshape(weight.shape)
    turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    input_gradient, _ = conv(upstream, turned, 0.0)
    return input_gradient, weight_gradient, rows.sum(axis=0)


def max_pool(images):
    """Maximum over 2x2 tiles, and which elements gave it."""
    n, c, h, w = images.shape
    tiles = images.reshape(n, c, h // 2, 2, w // 2, 2)
    output = tiles.max(axis=(3, 5))
    chosen = tiles == output[:, :, :, None, :, None]
    return output, chosen / chosen.sum(axis=(3, 5), keepdims=True)


def max_pool_gradient(upstream, share):
    n, c, h, w = upstream.shape
    return (upstream[:, :, :, None, :, None] * share).reshape(n, c, h * 2, w * 2)


def softmax_cross_entropy(logits, labels):
    """Mean loss over the rows, and its gradient."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    gradient = np.exp(log_probabilities)
    gradient[rows, labels] -= 1
    return -log_probabilities[rows, labels].mean(), gradient / len(labels)


# The network: Conv 8, ReLU, Conv 16, ReLU, MaxPool, Conv 24, ReLU, GlobalAveragePool, Gemm 10.


def initial_parameters(random):
    """He initialisation for the weights, zeros for the biases."""

    def layer(name, *shape):
        deviation = np.sqrt(2 / np.prod(shape[1:]))
        return {f"{name}.weight": random.normal(0, deviation, shape), f"{name}.bias": np.zeros(shape[0])}

    return layer("conv1", 8, 1, 3, 3) | layer("conv2", 16, 8, 3, 3) | layer("conv3", 24, 16, 3, 3) | layer("fc", 10, 24)


def forward(parameters, images):
    """Logits [N, 10] of images [N, 1, 8, 8], and what `backward` needs."""
    p = parameters
    conv1, columns1 = conv(images, p["conv1.weight"], p["conv1.bias"])
    conv2, columns2 = conv(np.maximum(conv1, 0), p["conv2.weight"], p["conv2.bias"])
    pooled, share = max_pool(np.maximum(conv2, 0))
    conv3, columns3 = conv(pooled, p["conv3.weight"], p["conv3.bias"])
    features = np.maximum(conv3, 0).mean(axis=(2, 3))
    logits = features @ p["fc.weight"].T + p["fc.bias"]
    return logits, (conv1, columns1, conv2, columns2, share, conv3, columns3, features)


def backward(parameters, saved, upstream):
    """Gradients of all parameters, by name."""
    p = parameters
    conv1, columns1, conv2, columns2, share, conv3, columns3, features = saved
    gradients = {"fc.weight": upstream.T @ features, "fc.bias": upstream.sum(axis=0)}

    def through(name, gradient, columns):
        gradient, gradients[f"{name}.weight"], gradients[f"{name}.bias"] = conv_gradient(
            gradient, columns, p[f"{name}.weight"]
        )
        return gradient

    pixels = conv3.shape[2] * conv3.shape[3]
    gradient = (upstream @ p["fc.weight"])[:, :, None, None] / pixels * (conv3 > 0)
    gradient = through("conv3", gradient, columns3)
    gradient = through("conv2", max_pool_gradient(gradient, share) * (conv2 > 0), columns2)
    through("conv1", gradient * (conv1 > 0), columns1)
    return gradients


class Adam:
    """Adam (Kingma & Ba, 2015) with decoupled weight decay (Loshchilov & Hutter, 2019)."""

    def __init__(self, parameters):
        self.steps = 0
        self.mean = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.square = {name: np.zeros_like(value) for name, value in parameters.items()}

    def step(self, parameters, gradients, rate):
        """Updates the parameters in place, and rounds them to multiples of 2^-20: BLAS builds for different processors
        sum in different orders, and rounding keeps the differences in the last bits from growing over the steps."""
        self.steps += 1
        for name, gradient in gradients.items():
            self.mean[name] = 0.9 * self.mean[name] + 0.1 * gradient
            self.square[name] = 0.999 * self.square[name] + 0.001 * gradient**2
            mean = self.mean[name] / (1 - 0.9**self.steps)
            square = self.square[name] / (1 - 0.999**self.steps)
            decay = WEIGHT_DECAY * parameters[name] if name.endswith("weight") else 0
            parameters[name] -= rate * (mean / (np.sqrt(square) + 1e-6) + decay)
            parameters[name][:] = np.round(parameters[name] * 2**20) / 2**20


def train(images, labels, random):
    parameters = initial_parameters(random)
    adam = Adam(parameters)
    for epoch in range(EPOCHS):
        rate = LEARNING_RATE * (1 + np.cos(np.pi * epoch / EPOCHS)) / 2
        order = random.permutation(len(images))
        losses = []
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            logits, saved = forward(parameters, images[rows])
            loss, gradient = softmax_cross_entropy(logits, labels[rows])
            adam.step(parameters, backward(parameters, saved, gradient), rate)
            losses.append(loss)
        print(f"epoch {epoch + 1:2d}/{EPOCHS}  loss {np.mean(losses):.4f}", file=sys.stderr)
    return {name: value.astype(np.float32) for name, value in parameters.items()}


def onnx_model(parameters):
    padding = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["image", "conv1.weight", "conv1.bias"], ["conv1"], "conv1", **padding),
        helper.make_node("Relu", ["conv1"], ["relu1"], "relu1"),
        helper.make_node("Conv", ["relu1", "conv2.weight", "conv2.bias"], ["conv2"], "conv2", **padding),
        helper.make_node("Relu", ["conv2"], ["relu2"], "relu2"),
        helper.make_node("MaxPool", ["relu2"], ["pool"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["pool", "conv3.weight", "conv3.bias"], ["conv3"], "conv3", **padding),
        helper.make_node("Relu", ["conv3"], ["relu3"], "relu3"),
        helper.make_node("GlobalAveragePool", ["relu3"], ["average"], "average"),
        helper.make_node("Flatten", ["average"], ["features"], "flatten"),
        helper.make_node("Gemm", ["features", "fc.weight", "fc.bias"], ["logits"], "fc", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(value, name) for name, value in parameters.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="onnx2mcu-digits")
    model.ir_version = 7  # the IR version of ONNX 1.8, which brought opset 13
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    random = np.random.default_rng(SEED)
    digits = load_digits()
    order = random.permutation(len(digits.target))
    images = (digits.images / 16)[order, None].astype(np.float32)
    labels = digits.target[order].astype(np.int64)
    test, rest = slice(0, TEST_ROWS), slice(TEST_ROWS, None)
    calibration = images[rest][:CALIBRATION_ROWS]

    parameters = train(images[rest].astype(np.float64), labels[rest], random)
    logits, _ = forward(parameters, images[test])
    accuracy = np.mean(logits.argmax(axis=1) == labels[test])
    print(f"test accuracy {accuracy:.2%} on {TEST_ROWS} rows", file=sys.stderr)

    (FOLDER / "digits.onnx").write_bytes(onnx_model(parameters).SerializeToString(deterministic=True))
    np.savez_compressed(FOLDER / "digits.npz", calibration=calibration, inputs=images[test], labels=labels[test])


if __name__ == "__main__":
    main()
