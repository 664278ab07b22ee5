#===- networks.py - Networks as other people write them -------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""One function per network: it returns the text of a module. Weights are
random and inputs are normally distributed, so what int8 loses here is what
quantization costs a network of that shape, not what it costs a task."""

import numpy as np

from builder import Function, affine, module


def image(function, size=12, channels=3):
    return function.argument(1, size, size, channels)


def residual():
    """ResNet: identity blocks and one that halves the size."""
    f = Function(1)
    x = f.relu(f.batch_norm(f.conv(image(f), 8)))
    for channels, stride in ((8, 1), (16, 2), (16, 1)):
        y = f.relu(f.batch_norm(f.conv(x, channels, stride=stride)))
        y = f.batch_norm(f.conv(y, channels))
        if stride != 1:
            x = f.batch_norm(f.conv(x, channels, size=1, stride=stride))
        x = f.relu(f.add(x, y))
    return module(f.finish(f.dense(f.mean(x), 10)))


def inverted_residual():
    """MobileNetV2: expand, depthwise, project, with ReLU6 in between."""
    f = Function(2)
    x = f.relu6(f.batch_norm(f.conv(image(f), 8, stride=2)))
    for channels, stride in ((8, 1), (12, 2), (12, 1)):
        y = f.relu6(f.batch_norm(f.conv(x, 4 * x.dims[-1], size=1)))
        y = f.relu6(f.batch_norm(f.depthwise(y, stride)))
        y = f.batch_norm(f.conv(y, channels, size=1))
        x = f.add(x, y) if stride == 1 else y
    return module(f.finish(f.dense(f.mean(f.relu6(x)), 10)))


def inception():
    """Branches of different size that are concatenated."""
    f = Function(3)
    x = f.relu(f.bias(f.conv(image(f), 8)))
    # What people pad a maximum with.
    for low in (float("-inf"), -np.finfo("f4").max, -1e30):
        one = f.relu(f.bias(f.conv(x, 4, size=1)))
        three = f.relu(f.bias(f.conv(f.relu(f.bias(f.conv(x, 4, size=1))), 8)))
        five = f.relu(f.bias(f.conv(x, 4, size=5)))
        pooled = f.pool(f.pad(x, [0, 1, 1, 0], value=low), "max", 3, 1)
        pooled = f.relu(f.bias(f.conv(pooled, 4, size=1)))
        x = f.concat(3, one, three, five, pooled)
    return module(f.finish(f.dense(f.mean(x), 10)))


def activations():
    """An MLP with a different activation function behind each layer."""
    f = Function(4)
    x = f.argument(1, 24)
    for function in (f.tanh, f.sigmoid, f.gelu, f.hard_swish, f.leaky_relu):
        x = function(f.dense(x, 32))
    return module(f.finish(f.dense(x, 8)))


def squeeze_excite():
    """Channels that are weighted by a function of their own means."""
    f = Function(5)
    x = f.relu(f.bias(f.conv(image(f), 16)))
    for _ in range(2):
        gate = f.relu(f.dense(f.mean(x), 8))
        gate = f.sigmoid(f.dense(gate, 16))
        gate = f.reshape("expand", gate, (1, 1, 1, 16), "[[0, 1, 2], [3]]")
        x = f.relu(f.bias(f.conv(f.mul(x, gate), 16)))
    return module(f.finish(f.dense(f.mean(x), 10)))


def heads(f, x, count):
    """[1, t, c] to [count, t, c / count]."""
    _, t, c = x.dims
    split = f.reshape("expand", f.reshape("collapse", x, (t, c),
                                          "[[0, 1], [2]]"),
                      (t, count, c // count), "[[0], [1, 2]]")
    return f.transpose(split, (1, 0, 2))


def project(f, x, size):
    """[1, t, c] times weights [c, size], as a dense layer on [t, c]."""
    _, t, c = x.dims
    flat = f.reshape("collapse", x, (t, c), "[[0, 1], [2]]")
    return f.reshape("expand", f.dense(flat, size), (1, t, size),
                     "[[0, 1], [2]]")


def attention(mask=None):
    """One self-attention block with its feed-forward part."""
    f = Function(6)
    x = f.argument(1, 8, 16)
    q, k, v = (heads(f, project(f, x, 16), 2) for _ in range(3))
    scores = f.named("batch_matmul", [q, f.transpose(k, (0, 2, 1))],
                     f.filled((2, 8, 8)))
    scores = f.scale(scores, 8 ** -0.5)
    if mask is not None:
        scores = f.add(scores, f.slice(f.constant(mask), (0, 0, 0), (1, 8, 8)))
    weights = f.softmax(scores)
    y = f.named("batch_matmul", [weights, v], f.filled((2, 8, 8)))
    y = f.reshape("collapse", f.transpose(y, (1, 0, 2)), (8, 16),
                  "[[0], [1, 2]]")
    y = f.reshape("expand", f.dense(y, 16), (1, 8, 16), "[[0, 1], [2]]")
    x = f.add(x, y)
    y = project(f, f.gelu(project(f, x, 32)), 16)
    return module(f.finish(f.add(x, y)))


def causal_attention():
    """The same, each position reading those before it: minus infinity in a
    table made for longer sequences."""
    return attention(np.triu(np.full((1, 12, 12), -np.inf), 1))


def convolutions():
    """Strided, dilated, grouped and one-dimensional convolutions, and average
    pooling, written as named ops and by hand."""
    f = Function(7)
    x = f.relu(f.bias(f.conv(image(f, 16, 4), 8, stride=2)))
    x = f.relu(f.bias(f.conv(x, 8, dilation=2)))
    x = f.relu(f.bias(grouped(f, x, groups=2)))
    x = f.scale(f.pool(x, "sum", 2, 2), 0.25)
    n, h, w, c = x.dims
    x = f.reshape("collapse", x, (n, h * w, c), "[[0], [1, 2], [3]]")
    y = f.named("conv_1d_nwc_wcf", [x, f.weight(3, c, 12)],
                f.filled((n, h * w - 2, 12)),
                "{dilations = dense<1> : tensor<1xi64>, "
                "strides = dense<1> : tensor<1xi64>} ")
    y = f.tanh(f.bias(y))
    y = f.reshape("collapse", y, (n, (h * w - 2) * 12), "[[0], [1, 2]]")
    return module(f.finish(f.dense(y, 6)))


def grouped(f, x, groups):
    """3x3 convolution in groups without padding, as a linalg.generic."""
    n, h, w, c = x.dims
    part = c // groups
    x = f.reshape("expand", x, (n, h, w, groups, part),
                  "[[0], [1], [2], [3, 4]]")
    init = f.filled((n, h - 2, w - 2, groups, part))
    weights = f.weight(3, 3, groups, part, part, fan=9 * part)
    # n, oh, ow, g, f, kh, kw, c
    y = f.generic(
        [affine(8, [0, "d1 + d5", "d2 + d6", 3, 7]),
         affine(8, [5, 6, 3, 7, 4]), affine(8, [0, 1, 2, 3, 4])],
        [x, weights], init, ["%0 = arith.mulf %a, %b : f32",
                             "%r = arith.addf %out, %0 : f32"], (5, 6, 7))
    return f.reshape("collapse", y, (n, h - 2, w - 2, c),
                     "[[0], [1], [2], [3, 4]]")


def channels_first():
    """An NCHW network with its bias in `outs` and a transposed dense weight."""
    f = Function(8)
    x = f.argument(1, 3, 10, 10)
    for channels in (8, 12):
        n, c, h, w = x.dims
        x = f.pad(x, [0, 0, 1, 1])
        init = f.empty((n, channels, h, w))
        bias = f.vector(channels)
        t = f"tensor<{n}x{channels}x{h}x{w}xf32>"
        init = f.emit(init.dims, f"linalg.broadcast ins({bias.name} : "
                                 f"tensor<{channels}xf32>) outs({init.name} : "
                                 f"{t}) dimensions = [0, 2, 3]")
        weights = f.weight(channels, c, 3, 3, fan=9 * c)
        x = f.relu(f.named("conv_2d_nchw_fchw", [x, weights], init,
                           "{dilations = dense<1> : vector<2xi64>, "
                           "strides = dense<1> : vector<2xi64>} "))
        init = f.filled((n, channels, h // 2, w // 2), float("-inf"))
        x = f.named("pooling_nchw_max", [x, f.empty((2, 2))], init,
                    "{dilations = dense<1> : vector<2xi64>, "
                    "strides = dense<2> : vector<2xi64>} ")
    n, c, h, w = x.dims
    x = f.reshape("collapse", x, (n, c * h * w), "[[0], [1, 2, 3]]")
    weights = f.transpose(f.weight(7, c * h * w, fan=c * h * w), (1, 0))
    return module(f.finish(f.bias(
        f.named("matmul", [x, weights], f.filled((n, 7))))))


def two_inputs():
    """Two arguments of different shape, three results: a hidden value, the
    output, and an argument as it came."""
    f = Function(9)
    x, y = f.argument(1, 20), f.argument(1, 6, 6, 2)
    left = f.relu(f.dense(x, 16))
    right = f.mean(f.relu(f.bias(f.conv(y, 16))))
    joined = f.add(left, right)
    both = f.concat(1, joined, f.mul(left, right), f.sub(left, right))
    return module(f.finish(joined, f.dense(both, 5), x))


def two_functions():
    """Two public functions; both call a third."""
    shared = Function(10, "shared")
    x = shared.argument(1, 16)
    texts = [shared.finish(shared.relu(shared.dense(x, 16)),
                           visibility="private ")]
    for seed, name, size in ((11, "main", 4), (12, "other", 9)):
        f = Function(seed, name)
        x = f.argument(1, 16)
        called = f.emit((1, 16), f"func.call @shared({x.name}) : "
                                 "(tensor<1x16xf32>) -> tensor<1x16xf32>")
        texts.append(f.finish(f.dense(f.tanh(called), size)))
    return module(*texts)


def slices():
    """Values that are cut, reordered and joined; their scales follow."""
    f = Function(13)
    x = f.relu(f.bias(f.conv(image(f, 8), 8)))
    left = f.slice(x, (0, 0, 0, 0), (1, 8, 8, 4))
    right = f.slice(x, (0, 0, 0, 4), (1, 8, 8, 4))
    x = f.concat(3, right, f.relu(f.bias(f.conv(left, 4))))
    x = f.transpose(x, (0, 2, 1, 3))
    x = f.pool(x, "max", 2, 2)
    x = f.reshape("collapse", x, (1, 128), "[[0], [1, 2, 3]]")
    return module(f.finish(f.dense(x, 10)))


def layer_norm():
    """A normalization over the features between two dense layers."""
    f = Function(14)
    x = f.dense(f.argument(1, 32), 32)
    size, epsilon = f.scalar(32.0), f.scalar(1e-5)
    total = f.reduce(x, 0.0, ["%r = arith.addf %a, %out : f32"])
    centred = f.generic([affine(2, [0, 1]), affine(2, [0]), affine(2, [0, 1])],
                        [x, total], f.empty(x.dims),
                        [f"%0 = arith.divf %b, {size} : f32",
                         "%r = arith.subf %a, %0 : f32"])
    squares = f.reduce(centred, 0.0, ["%0 = arith.mulf %a, %a : f32",
                                      "%r = arith.addf %0, %out : f32"])
    y = f.generic([affine(2, [0, 1]), affine(2, [0]), affine(2, [0, 1])],
                  [centred, squares], f.empty(x.dims),
                  [f"%0 = arith.divf %b, {size} : f32",
                   f"%1 = arith.addf %0, {epsilon} : f32",
                   "%2 = math.rsqrt %1 : f32",
                   "%r = arith.mulf %a, %2 : f32"])
    return module(f.finish(f.dense(f.relu(f.batch_norm(y)), 8)))


def gates():
    """What several activations make in one op: SwiGLU, the quotient by a norm;
    and squeeze and excitation behind SiLU, whose sums of exponentials that
    come back are no softmax."""
    f = Function(18)
    x = f.conv(f.argument(1, 6, 6, 3), 8)
    x = f.elementwise(["%0 = arith.negf %a : f32", "%1 = math.exp %0 : f32",
                       f"%2 = arith.addf %1, {f.scalar(1.0)} : f32",
                       "%r = arith.divf %a, %2 : f32"], x)
    s = f.conv(f.relu(f.conv(f.mean(x, keep=True), 4, 1)), 8, 1)
    x = f.reshape("collapse", f.mul(f.sigmoid(s), x), (36, 8),
                  "[[0, 1, 2], [3]]")
    one = f.scalar(1.0)
    y = f.elementwise(["%0 = arith.negf %a : f32", "%1 = math.exp %0 : f32",
                       f"%2 = arith.addf %1, {one} : f32",
                       "%3 = arith.divf %a, %2 : f32",
                       "%r = arith.mulf %3, %b : f32"],
                      f.dense(x, 16), f.dense(x, 16))
    y = f.dense(y, 8)
    total = f.reduce(y, 0.0, ["%0 = arith.mulf %a, %a : f32",
                              "%r = arith.addf %0, %out : f32"])
    y = f.generic([affine(2, [0, 1]), affine(2, [0]), affine(2, [0, 1])],
                  [y, total], f.empty(y.dims),
                  ["%0 = math.sqrt %b : f32", "%r = arith.divf %a, %0 : f32"])
    y = f.reshape("expand", f.dense(y, 4), (1, 36, 4), "[[0, 1], [2]]")
    return module(f.finish(y))


def power():
    """A function of two activations between dense layers has no integer
    form."""
    f = Function(19)
    x = f.argument(1, 16)
    y = f.elementwise(["%r = math.powf %a, %b : f32"],
                      f.sigmoid(f.dense(x, 12)), f.sigmoid(f.dense(x, 12)))
    return module(f.finish(f.dense(y, 8)))


def embedding():
    """Integer input that selects rows of a constant table."""
    f = Function(16)
    tokens = f.argument(1, 6, element="i32")
    table, init = f.weight(50, 12, fan=2), f.empty((1, 6, 12))
    t = "tensor<1x6x12xf32>"
    x = f.emit(init.dims, (
        f"linalg.generic {{indexing_maps = [{affine(3, [0, 1])}, "
        f"{affine(3, [0, 1, 2])}], iterator_types = [\"parallel\", "
        f"\"parallel\", \"parallel\"]}} ins({tokens.name} : "
        f"tensor<1x6xi32>) outs({init.name} : {t}) {{\n"
        "    ^bb0(%a: i32, %out: f32):\n"
        "      %0 = arith.index_cast %a : i32 to index\n"
        "      %1 = linalg.index 2 : index\n"
        f"      %r = tensor.extract {table.name}[%0, %1] : "
        "tensor<50x12xf32>\n      linalg.yield %r : f32\n"
        f"    }} -> {t}"))
    return module(f.finish(project(f, f.gelu(project(f, x, 16)), 8)))


def quantized_mlp(storage, stored, plain):
    """An MLP whose values are rounded by quant.qcast and quant.dcast; `plain`
    leaves the rounding of activations out."""
    f = Function(15)
    ranged = (lambda x, *_: x) if plain else f.ranged
    x = ranged(f.argument(1, 24), -4.0, 4.0, storage)
    for size in (32, 16, 8):
        y = f.named("matmul", [x, f.ranged_weight(x.dims[1], size, stored)],
                    f.filled((1, size)))
        y = f.bias(y)
        x = (ranged(y, -7.5, 8.0, storage) if size == 8
             else ranged(f.relu(y), 0.0, 8.0, storage))
    return module(f.finish(x))


def qdq_unsigned(plain=False):
    """QDQ input with u8 activations and float weights that are rounded."""
    return quantized_mlp("u8", False, plain)


def qdq_signed(plain=False):
    """QDQ input with i8 activations and weights that are integers."""
    return quantized_mlp("i8", True, plain)


def fake_quantized(plain=False):
    """An MLP from quantization-aware training: u8 activations, i8 weights with
    one scale per channel, all in float arithmetic."""
    f = Function(17)

    def ranged(x, low, high):
        scale = np.float32((high - low) / 255)
        return x if plain else f.fake_quantized(
            x, scale, round(-low / scale), 0.0, 255.0)
    x = ranged(f.argument(1, 24), -4.0, 4.0)
    for size in (32, 16, 8):
        k = x.dims[1]
        weights = f.random.normal(0, (2 / k) ** 0.5, (k, size))
        scales = f.constant(np.abs(weights).max(0) / 127)
        weights = f.fake_quantized(f.constant(weights), scales, 0.0, -127.0,
                                   127.0)
        y = f.bias(f.named("matmul", [x, weights], f.filled((1, size))))
        x = (ranged(y, -7.5, 8.0) if size == 8
             else ranged(f.relu(y), 0.0, 8.0))
    return module(f.finish(x))


NETWORKS = {function.__name__: function for function in (
    residual, inverted_residual, inception, activations, squeeze_excite,
    attention, causal_attention, convolutions, channels_first, two_inputs,
    two_functions, slices, layer_norm, gates, power, embedding, qdq_unsigned,
    qdq_signed,
    fake_quantized)}

# Those that hold their scales: no calibration, and the float network to
# compare with is the same one without scales.
WITH_SCALES = ("qdq_unsigned", "qdq_signed", "fake_quantized")
