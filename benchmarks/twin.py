#===- twin.py - One network in MLIR and in ONNX ---------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""A function of test/Models/builder.py that writes down the same layers as
nodes of ONNX, with the same weights, in f32 or with pairs of QuantizeLinear and
DequantizeLinear as ONNX Runtime's own quantizer puts them.

Images are NHWC in MLIR and in the argument of the ONNX model, NCHW inside it.
Values have the same names in both."""

import collections
import itertools

import numpy as np

from builder import Function, affine

Node = collections.namedtuple("Node", "kind inputs output attributes")

# Nodes that compute on bytes in ONNX Runtime between DequantizeLinear and
# QuantizeLinear.
INTEGER = {"Conv", "Gemm", "MatMul", "Add", "MaxPool", "GlobalAveragePool",
           "Transpose", "Reshape"}
# Part of the QuantizeLinear behind them, when what they read is rounded too.
CLAMPS = {"Relu", "Clip"}


def name_of(value):
    return value.name.lstrip("%")


class Twin(Function):
    """Layers beyond those here have no ONNX form, and must not be used."""

    def __init__(self, seed):
        super().__init__(seed)
        self.nodes, self.arrays, self.input = [], {}, None
        self.names = (f"c{i}" for i in itertools.count())
        self.dims = {}
        self.same = {}  # values that only ONNX has, and their like in MLIR

    # --- nodes -------------------------------------------------------------

    def node(self, kind, inputs, y, **attributes):
        self.nodes.append(Node(kind, inputs, name_of(y), attributes))
        self.dims[name_of(y)] = y.dims
        return y

    def array(self, array, element=np.float32):
        """The name of a new constant."""
        name = next(self.names)
        self.arrays[name] = np.ascontiguousarray(array, element)
        return name

    def constant(self, array):
        y = super().constant(array)
        self.arrays[name_of(y)] = np.asarray(array, np.float32)
        return y

    def newest(self):
        """What the last constant of MLIR holds."""
        return self.arrays.pop(next(name for name in reversed(self.arrays)
                                    if name.startswith("v")))

    # --- layers ------------------------------------------------------------

    def argument(self, *dims, element="f32"):
        self.input = y = super().argument(*dims, element=element)
        if len(dims) != 4:
            return y
        self.nodes.append(Node("Transpose", [name_of(y)], "image",
                               {"perm": (0, 3, 1, 2)}))
        self.same["image"] = name_of(y)
        return y

    def image(self, x):
        """The NCHW value of an NHWC one."""
        return "image" if x is self.input else name_of(x)

    def conv(self, x, channels, size=3, stride=1):
        y = super().conv(x, channels, size, stride)
        w = self.array(self.newest().transpose(3, 2, 0, 1))
        return self.node("Conv", [self.image(x), w], y, strides=[stride] * 2,
                         pads=[size // 2] * 4, kernel_shape=[size] * 2)

    def depthwise(self, x, stride=1):
        y = super().depthwise(x, stride)
        w = self.array(self.newest().transpose(2, 0, 1)[:, None])
        return self.node("Conv", [self.image(x), w], y, strides=[stride] * 2,
                         pads=[1] * 4, kernel_shape=[3, 3], group=x.dims[3])

    def dense(self, x, size):
        weight = self.weight(x.dims[1], size)
        w = self.array(self.newest())
        y = self.named("matmul", [x, weight], self.filled((x.dims[0], size)))
        return self.bias(self.node("Gemm", [name_of(x), w], y))

    def bias(self, x):
        """Becomes a part of the layer before."""
        y = super().add(x, self.vector(x.dims[-1]))
        b = self.array(self.newest())
        last = self.nodes[-1]
        if last.output != name_of(x) or last.kind not in ("Conv", "Gemm"):
            return self.node("Add", [name_of(x), b], y)
        self.nodes[-1] = last._replace(inputs=[*last.inputs, b],
                                       output=name_of(y))
        self.dims[name_of(y)] = y.dims
        return y

    def add(self, x, y):
        return self.node("Add", [name_of(x), name_of(y)], super().add(x, y))

    def relu(self, x):
        return self.node("Relu", [name_of(x)], super().relu(x))

    def relu6(self, x):
        limits = [self.array(limit) for limit in (0, 6)]
        return self.node("Clip", [name_of(x), *limits], super().relu6(x))

    def gelu(self, x):
        return self.node("Gelu", [name_of(x)], super().gelu(x),
                         domain="com.microsoft")

    def scale(self, x, factor):
        return self.node("Mul", [name_of(x), self.array(factor)],
                         super().scale(x, factor))

    def softmax(self, x):
        return self.node("Softmax", [name_of(x)], super().softmax(x), axis=-1)

    def max_pool(self, x, size, stride, pad):
        start = super().pad(x, [0, pad, pad, 0], value=-np.inf)
        return self.node("MaxPool", [name_of(x)],
                         self.pool(start, "max", size, stride), pads=[pad] * 4,
                         kernel_shape=[size] * 2, strides=[stride] * 2)

    def mean(self, x):
        y = super().mean(x)
        mean = f"{name_of(y)}_4"
        self.same[mean] = name_of(y)
        self.nodes.append(Node("GlobalAveragePool", [name_of(x)], mean, {}))
        return self.reshaped(mean, y)

    def reshaped(self, x, y):
        return self.node("Reshape", [x, self.array(y.dims, np.int64)], y)

    def reshape(self, op, x, dims, groups):
        return self.reshaped(name_of(x), super().reshape(op, x, dims, groups))

    def transpose(self, x, order):
        return self.node("Transpose", [name_of(x)],
                         super().transpose(x, order), perm=order)

    def batch_matmul(self, x, y):
        dims = (*x.dims[:2], y.dims[2])
        result = self.named("batch_matmul", [x, y], self.filled(dims))
        return self.node("MatMul", [name_of(x), name_of(y)], result)

    def layer_norm(self, x):
        """Over the last dimension of a matrix."""
        columns = x.dims[1]
        plus, per_row = ["%r = arith.addf %a, %out : f32"], affine(2, [0])
        size, epsilon = self.scalar(columns), self.scalar(1e-12)

        def join(body, a, b, of_row):
            same = affine(2, range(2))
            return self.generic(
                [same, per_row if of_row else affine(2, [1]), same], [a, b],
                self.empty(x.dims), body)
        total = self.reduce(x, 0.0, plus)
        y = join([f"%m = arith.divf %b, {size} : f32",
                  "%r = arith.subf %a, %m : f32"], x, total, True)
        squares = self.reduce(
            self.elementwise(["%r = arith.mulf %a, %a : f32"], y), 0.0, plus)
        y = join([f"%m = arith.divf %b, {size} : f32",
                  f"%v = arith.addf %m, {epsilon} : f32",
                  "%s = math.rsqrt %v : f32", "%r = arith.mulf %a, %s : f32"],
                 y, squares, True)
        y = join(["%r = arith.mulf %a, %b : f32"], y,
                 self.vector(columns, 0.5, 1.5), False)
        scale = self.array(self.newest())
        y = super().add(y, self.vector(columns))
        return self.node("LayerNormalization",
                         [name_of(x), scale, self.array(self.newest())], y,
                         axis=-1, epsilon=1e-12)

    # --- files -------------------------------------------------------------

    def save_onnx(self, path, result, ranges=None):
        """Writes the nodes up to `result`; with `ranges`, {name: (low, high)}
        of `rounded()`, in integers."""
        import onnx
        from onnx import TensorProto, helper, numpy_helper
        arrays = dict(self.arrays)
        nodes = self.nodes if ranges is None else self.quantized(ranges, arrays)
        made = [helper.make_node(n.kind, n.inputs, [n.output], **n.attributes)
                for n in nodes]
        used = {name for n in nodes for name in n.inputs}
        graph = helper.make_graph(
            made, "graph",
            *([helper.make_tensor_value_info(name_of(v), TensorProto.FLOAT,
                                             v.dims)]
              for v in (self.input, result)),
            [numpy_helper.from_array(array, name)
             for name, array in arrays.items() if name in used])
        model = helper.make_model(graph, opset_imports=[
            helper.make_opsetid("", 17),
            helper.make_opsetid("com.microsoft", 1)])
        model.ir_version = 8
        onnx.save(model, str(path))

    def rounded(self):
        """The names of the values that are rounded to bytes: what integer
        nodes read and make, behind a clamp."""
        readers = collections.defaultdict(list)
        for n in self.nodes:
            for name in n.inputs:
                readers[name].append(n.kind)
        names = []
        for n in self.nodes:
            behind = (n.kind in INTEGER and readers[n.output]
                      and set(readers[n.output]) <= CLAMPS)
            of_bytes = n.kind in INTEGER | CLAMPS
            if (of_bytes and not behind) or INTEGER & set(readers[n.output]):
                names.append(n.output)
        return list(dict.fromkeys(self.same.get(name, name) for name in
                                  [name_of(self.input), *names]))

    def quantized(self, ranges, arrays):
        """The nodes with pairs of QuantizeLinear and DequantizeLinear; their
        constants go to `arrays`."""
        scales = {}
        ranges = ranges | {name: ranges[like]
                           for name, like in self.same.items()}

        def constant(name, array):
            arrays[name] = array
            return name

        def pair(name):
            low, high = min(ranges[name][0], 0), max(ranges[name][1], 0)
            scale = np.float32((high - low) / 255 or 1)
            scales[name] = scale
            parameters = [constant(f"{name}_s", np.asarray(scale)),
                          constant(f"{name}_z",
                                   np.asarray(np.rint(-low / scale), np.uint8))]
            return [Node("QuantizeLinear", [name, *parameters], f"{name}_q", {}),
                    Node("DequantizeLinear", [f"{name}_q", *parameters],
                         f"{name}_d", {})]

        def weight(name, axis):
            """One scale per output channel, without zero points."""
            w = arrays[name]
            rest = tuple(i for i in range(w.ndim) if i != axis)
            scale = (np.abs(w).max(rest) / 127).astype(np.float32)
            ints = np.rint(w / np.expand_dims(scale, rest)).astype(np.int8)
            scales[name] = scale
            return Node("DequantizeLinear",
                        [constant(f"{name}_q", ints),
                         constant(f"{name}_s", scale),
                         constant(f"{name}_z", np.zeros(len(scale), np.int8))],
                        f"{name}_d", {"axis": axis})

        def bias(name, scale):
            ints = np.rint(arrays[name] / scale.astype(float)).astype(np.int32)
            return Node("DequantizeLinear",
                        [constant(f"{name}_q", ints),
                         constant(f"{name}_s", scale),
                         constant(f"{name}_z",
                                  np.zeros(len(scale), np.int32))],
                        f"{name}_d", {"axis": 0})

        result = pair(name_of(self.input))
        for n in self.nodes:
            inputs = [f"{name}_d" if name in ranges else name
                      for name in n.inputs]
            if n.kind in ("Conv", "Gemm"):
                x, w, b = n.inputs
                parts = [weight(w, 0 if n.kind == "Conv" else 1)]
                parts.append(bias(b, scales[x] * scales[w]))
                result += parts
                inputs[1:] = [part.output for part in parts]
            result.append(n._replace(inputs=inputs))
            if n.output in ranges:
                result += pair(n.output)
        # The last value is a result: its rounded form has its name.
        last = result[-1]
        if last.kind == "DequantizeLinear":
            raw = last.output[:-len("_d")]
            renamed = {raw: f"{raw}_r", last.output: raw}
            result = [n._replace(inputs=[renamed.get(i, i) for i in n.inputs],
                                 output=renamed.get(n.output, n.output))
                      for n in result]
        return result
