#===- network.py - The digits network in numpy, forward and backward ------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""The small convolutional network that qdot ships, written out by hand.

    conv 3x3 (1 -> 16), batch normalization, ReLU                  8x8x16
      depthwise 3x3, bias, ReLU6, conv 1x1 (16 -> 16), bias
      residual add, ReLU                                           8x8x16
    max pooling 2x2                                                4x4x16
    conv 3x3 (16 -> 32), batch normalization, ReLU                 4x4x32
    mean over the image, dense (32 -> 10), softmax                 10

Activations are NHWC, convolution weights HWCF, depthwise weights HWC. Every
layer computes in the element type of its input: float32 while training,
float64 for the reference outputs.
"""

import numpy as np

EPSILON = 1e-3  # of the batch normalization
CHANNELS = (16, 32)
CLASSES = 10


def pad_same(x):
    """Surrounds each image of an NHWC array by one row of zeros."""
    return np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))


def windows_3x3(x):
    """The 3x3 neighbourhood of each pixel: [N, H, W, 3, 3, C], zero padded."""
    n, h, w, c = x.shape
    padded = pad_same(x)
    strides = padded.strides
    return np.lib.stride_tricks.as_strided(
        padded, (n, h, w, 3, 3, c), strides[:3] + strides[1:], writeable=False)


def scatter_3x3(columns):
    """Adjoint of `windows_3x3`: adds every neighbourhood back to its pixels."""
    n, h, w, _, _, c = columns.shape
    padded = np.zeros((n, h + 2, w + 2, c), columns.dtype)
    for i in range(3):
        for j in range(3):
            padded[:, i:i + h, j:j + w] += columns[:, :, :, i, j]
    return padded[:, 1:-1, 1:-1]


class Layer:
    """A layer with parameters `self.p`, their gradients `self.g`, and state
    that is not trained, `self.state`."""

    def __init__(self):
        self.p, self.g, self.state = {}, {}, {}


class Conv3x3(Layer):
    """3x3 convolution, stride 1, zero padding, no bias (im2col)."""

    def __init__(self, rng, cin, cout):
        super().__init__()
        std = np.sqrt(2.0 / (9 * cin))
        self.p["weight"] = rng.normal(0, std, (3, 3, cin, cout))

    def forward(self, x, training):
        w = self.p["weight"].astype(x.dtype, copy=False)
        n, h, wd, c = x.shape
        self.columns = windows_3x3(x).reshape(n * h * wd, 9 * c)
        self.shape = x.shape
        return (self.columns @ w.reshape(9 * c, -1)).reshape(n, h, wd, -1)

    def backward(self, dy):
        n, h, wd, c = self.shape
        w = self.p["weight"]
        flat = dy.reshape(n * h * wd, -1)
        self.g["weight"] = (self.columns.T @ flat).reshape(w.shape)
        columns = (flat @ w.reshape(9 * c, -1).T).reshape(n, h, wd, 3, 3, c)
        return scatter_3x3(columns)


class Depthwise3x3(Layer):
    """3x3 depthwise convolution, stride 1, zero padding, with bias."""

    def __init__(self, rng, c):
        super().__init__()
        self.p["weight"] = rng.normal(0, np.sqrt(2.0 / 9), (3, 3, c))
        self.p["bias"] = np.zeros(c)

    def forward(self, x, training):
        w = self.p["weight"].astype(x.dtype, copy=False)
        self.windows = windows_3x3(x)
        y = np.zeros_like(x)
        for i in range(3):
            for j in range(3):
                y += self.windows[:, :, :, i, j] * w[i, j]
        return y + self.p["bias"].astype(x.dtype, copy=False)

    def backward(self, dy):
        self.g["weight"] = np.stack([
            np.stack([(self.windows[:, :, :, i, j] * dy).sum((0, 1, 2))
                      for j in range(3)]) for i in range(3)])
        self.g["bias"] = dy.sum((0, 1, 2))
        return scatter_3x3(dy[:, :, :, None, None, :] * self.p["weight"])


class Dense(Layer):
    """Matrix product over the last axis, with bias; on an image it is the 1x1
    convolution. `weight_shape` keeps the layout that the model file has."""

    def __init__(self, rng, cin, cout, weight_shape):
        super().__init__()
        self.p["weight"] = rng.normal(0, np.sqrt(1.0 / cin), weight_shape)
        self.p["bias"] = np.zeros(cout)

    def matrix(self, dtype):
        w = self.p["weight"]
        return w.reshape(w.shape[-2:]).astype(dtype, copy=False)

    def forward(self, x, training):
        self.x = x
        return x @ self.matrix(x.dtype) + self.p["bias"].astype(x.dtype)

    def backward(self, dy):
        w = self.matrix(dy.dtype)
        x, d = self.x.reshape(-1, w.shape[0]), dy.reshape(-1, w.shape[1])
        self.g["weight"] = (x.T @ d).reshape(self.p["weight"].shape)
        self.g["bias"] = d.sum(0)
        return dy @ w.T


class BatchNorm(Layer):
    """Batch normalization over all axes but the last. Inference uses the
    running mean and variance: gamma * (x - mean) / sqrt(var + eps) + beta."""

    MOMENTUM = 0.9

    def __init__(self, c):
        super().__init__()
        self.p["gamma"], self.p["beta"] = np.ones(c), np.zeros(c)
        self.state["mean"], self.state["variance"] = np.zeros(c), np.ones(c)

    def statistics(self, x, training):
        if not training:
            return self.state["mean"], self.state["variance"]
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        for name, batch in (("mean", mean), ("variance", variance)):
            self.state[name] = (self.MOMENTUM * self.state[name]
                                + (1 - self.MOMENTUM) * batch)
        return mean, variance

    def forward(self, x, training):
        mean, variance = (v.astype(x.dtype)
                          for v in self.statistics(x, training))
        epsilon = np.float32(EPSILON).astype(x.dtype)
        self.rstd = 1 / np.sqrt(variance + epsilon)
        self.normal = (x - mean) * self.rstd
        return (self.p["gamma"].astype(x.dtype) * self.normal
                + self.p["beta"].astype(x.dtype))

    def backward(self, dy):
        axes = (0, 1, 2)
        self.g["gamma"] = (dy * self.normal).sum(axes)
        self.g["beta"] = dy.sum(axes)
        centred = (dy - dy.mean(axes)
                   - self.normal * (dy * self.normal).mean(axes))
        return self.p["gamma"].astype(dy.dtype) * self.rstd * centred


class Clamp(Layer):
    """ReLU when `high` is infinite, ReLU6 when it is 6."""

    def __init__(self, high=np.inf):
        super().__init__()
        self.high = high

    def forward(self, x, training):
        self.inside = (x > 0) & (x < self.high)
        return np.clip(x, 0, self.high).astype(x.dtype)

    def backward(self, dy):
        return dy * self.inside


class MaxPool2x2(Layer):
    """Maximum of each 2x2 block; the gradient goes to every maximum."""

    @staticmethod
    def blocks(x):
        n, h, w, c = x.shape
        return x.reshape(n, h // 2, 2, w // 2, 2, c)

    def forward(self, x, training):
        y = self.blocks(x).max((2, 4), keepdims=True)
        self.hit = self.blocks(x) == y
        return y[:, :, 0, :, 0]

    def backward(self, dy):
        n, h, w, c = dy.shape
        spread = self.hit * dy[:, :, None, :, None]
        return spread.reshape(n, 2 * h, 2 * w, c)


class GlobalMean(Layer):
    """Mean over the image: [N, H, W, C] -> [N, C]."""

    def forward(self, x, training):
        self.shape = x.shape
        return x.mean((1, 2))

    def backward(self, dy):
        n, h, w, c = self.shape
        return np.broadcast_to(dy[:, None, None] / dy.dtype.type(h * w),
                               self.shape)


def softmax(logits):
    """Softmax over the last axis."""
    e = np.exp(logits - logits.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Network:
    """The layers by name, in the order of the data flow."""

    def __init__(self, rng):
        narrow, wide = CHANNELS
        self.layers = {
            "conv1": Conv3x3(rng, 1, narrow), "bn1": BatchNorm(narrow),
            "relu1": Clamp(),
            "depthwise": Depthwise3x3(rng, narrow), "relu6": Clamp(6),
            "pointwise": Dense(rng, narrow, narrow, (1, 1, narrow, narrow)),
            "relu2": Clamp(), "pool": MaxPool2x2(),
            "conv2": Conv3x3(rng, narrow, wide), "bn2": BatchNorm(wide),
            "relu3": Clamp(), "mean": GlobalMean(),
            "dense": Dense(rng, wide, CLASSES, (wide, CLASSES)),
        }
        self.load(self.parameters())

    HEAD = ("conv1", "bn1", "relu1")
    BRANCH = ("depthwise", "relu6", "pointwise")
    TAIL = ("relu2", "pool", "conv2", "bn2", "relu3", "mean", "dense")

    def forward(self, x, training=False):
        """Logits [N, 10] of images [N, 8, 8, 1]."""
        x = self.run(self.HEAD, x, training)
        x = x + self.run(self.BRANCH, x, training)
        return self.run(self.TAIL, x, training)

    def backward(self, dy):
        """Leaves d(loss)/d(parameter) in each layer's `g`."""
        dy = self.run_back(self.TAIL, dy)
        dy = dy + self.run_back(self.BRANCH, dy)
        self.run_back(self.HEAD, dy)

    def run(self, names, x, training):
        for name in names:
            x = self.layers[name].forward(x, training)
        return x

    def run_back(self, names, dy):
        for name in reversed(names):
            dy = self.layers[name].backward(dy)
        return dy

    def parameters(self):
        """All arrays as float32, keyed `<layer>_<name>`."""
        return {f"{layer}_{name}": np.asarray(value, np.float32)
                for layer, body in self.layers.items()
                for name, value in {**body.p, **body.state}.items()}

    def load(self, parameters):
        """Inverse of `parameters`."""
        for layer, body in self.layers.items():
            for group in (body.p, body.state):
                for name in group:
                    group[name] = parameters[f"{layer}_{name}"]

    def predict(self, images):
        """Class probabilities, computed in float64 and rounded once."""
        logits = self.forward(images.astype(np.float64))
        return softmax(logits).astype(np.float32)


class Adam:
    """The Adam optimizer over all trained parameters of a network."""

    def __init__(self, network):
        self.slots = [(body, name, np.zeros_like(value), np.zeros_like(value))
                      for body in network.layers.values()
                      for name, value in body.p.items()]
        self.steps = 0

    def step(self, rate, decay=1e-4):
        self.steps += 1
        correction = (np.sqrt(1 - 0.999 ** self.steps)
                      / (1 - 0.9 ** self.steps))
        for body, name, first, second in self.slots:
            gradient = body.g[name] + decay * body.p[name]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient * gradient - second)
            update = rate * correction * first / (np.sqrt(second) + 1e-8)
            body.p[name] = (body.p[name] - update).astype(np.float32)
