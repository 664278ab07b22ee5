#===- export_nchw.py - The digits network as torch-mlir writes it ---------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Writes test/Models/digits_nchw.mlir: the same weights in the style of
torch-mlir (NCHW, FCHW weights as dense_resource, the bias broadcast into the
result of its convolution, ReLU as cmpf and select, the weights of the dense
layer transposed in the program)."""

from export_linalg import HEADER, hexadecimal, shape
from network import EPSILON

MAPS = """\
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d1)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map3 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0, d1) -> (d1)>
#map5 = affine_map<(d0, d1) -> (d0, 0)>
"""

RELU = ["%0 = arith.cmpf ugt, %a, %zero : f32",
        "%r = arith.select %0, %a, %zero : f32"]
RELU6 = ["%0 = arith.cmpf ult, %a, %zero : f32",
         "%1 = arith.select %0, %zero, %a : f32",
         "%2 = arith.cmpf ugt, %1, %six : f32",
         "%r = arith.select %2, %six, %1 : f32"]
NORM = ["%0 = arith.subf %a, %d : f32",
        "%1 = arith.addf %e, %epsilon : f32",
        "%2 = math.rsqrt %1 : f32",
        "%3 = arith.mulf %0, %2 : f32",
        "%4 = arith.mulf %3, %b : f32",
        "%r = arith.addf %4, %c : f32"]


class Writer:
    """Collects the lines of @main and the resources behind its constants."""

    def __init__(self, weights):
        self.weights, self.lines, self.resources = weights, [], {}

    def line(self, text):
        self.lines.append("    " + text)

    def constant(self, name, order=None):
        """The weights `name`, with its axes permuted by `order`."""
        array = self.weights[name]
        array = array if order is None else array.transpose(order)
        resource = f"torch_tensor_{name}_torch.float32"
        self.resources[resource] = array
        self.line(f"%{name} = arith.constant dense_resource<{resource}> : "
                  f"{shape(*array.shape)}")
        return f"%{name}", shape(*array.shape)

    def empty(self, name, dims):
        self.line(f"%{name}_empty = tensor.empty() : {shape(*dims)}")
        return f"%{name}_empty"

    def filled(self, name, dims, value="%zero"):
        init, t = self.empty(name, dims), shape(*dims)
        self.line(f"%{name}_init = linalg.fill ins({value} : f32) "
                  f"outs({init} : {t}) -> {t}")
        return f"%{name}_init"

    def broadcast(self, name, dims):
        """The bias of layer `name` over the images of its result."""
        bias, bias_type = self.constant(f"{name}_bias")
        init = self.empty(name, dims)
        self.line(f"%{name}_init = linalg.broadcast ins({bias} : {bias_type}) "
                  f"outs({init} : {shape(*dims)}) dimensions = [0, 2, 3]")
        return f"%{name}_init"

    def pad(self, name, x, dims):
        n, c, h, w = dims
        result = shape(n, c, h + 2, w + 2)
        self.line(f"%{name}_padded = tensor.pad {x} low[0, 0, 1, 1] "
                  "high[0, 0, 1, 1] {")
        self.line("^bb0(%n: index, %c: index, %h: index, %w: index):")
        self.line("  tensor.yield %zero : f32")
        self.line(f"}} : {shape(*dims)} to {result}")
        return f"%{name}_padded", result

    def named(self, name, op, ins, dims, init, stride=1):
        values, types = (", ".join(part) for part in zip(*ins))
        t = shape(*dims)
        self.line(f"%{name} = linalg.{op} {{dilations = dense<1> : "
                  f"vector<2xi64>, strides = dense<{stride}> : "
                  f"vector<2xi64>}} ins({values} : {types}) "
                  f"outs({init} : {t}) -> {t}")
        return f"%{name}"

    def generic(self, name, maps, ins, dims, body, init=None, kinds=None):
        """A linalg.generic over %a, %b, ... and %out, yielding %r."""
        init, t = init or self.empty(name, dims), shape(*dims)
        kinds = kinds or ["parallel"] * len(dims)
        kinds = ", ".join(f'"{kind}"' for kind in kinds)
        values, types = (", ".join(part) for part in zip(*ins))
        names = [f"%{chr(97 + i)}: f32" for i in range(len(ins))]
        self.line(f"%{name} = linalg.generic {{indexing_maps = "
                  f"[{', '.join(maps)}], iterator_types = [{kinds}]}} "
                  f"ins({values} : {types}) outs({init} : {t}) {{")
        self.line(f"^bb0({', '.join(names)}, %out: f32):")
        for text in body + ["linalg.yield %r : f32"]:
            self.line("  " + text)
        self.line(f"}} -> {t}")
        return f"%{name}"

    def unary(self, name, x, dims, body):
        return self.generic(name, ["#map"] * 2, [(x, shape(*dims))], dims,
                            body)

    def conv_norm_relu(self, index, x, dims, cout):
        """3x3 convolution without bias, batch normalization, ReLU."""
        name, out = f"conv{index}", (dims[0], cout, *dims[2:])
        padded = self.pad(name, x, dims)
        weight = self.constant(f"{name}_weight", (3, 2, 0, 1))
        x = self.named(name, "conv_2d_nchw_fchw", [padded, weight], out,
                       self.filled(name, out))
        ins = [self.constant(f"bn{index}_{part}")
               for part in ("gamma", "beta", "mean", "variance")]
        x = self.generic(f"bn{index}", ["#map"] + ["#map1"] * 4 + ["#map"],
                         [(x, shape(*out))] + ins, out, NORM)
        return self.unary("relu1" if index == 1 else "relu3", x, out, RELU)

    def residual_block(self, x, dims):
        t = shape(*dims)
        padded = self.pad("depthwise", x, dims)
        weight = self.constant("depthwise_weight", (2, 0, 1))
        y = self.named("depthwise", "depthwise_conv_2d_nchw_chw",
                       [padded, weight], dims,
                       self.broadcast("depthwise", dims))
        y = self.unary("relu6", y, dims, RELU6)
        weight = self.constant("pointwise_weight", (3, 2, 0, 1))
        y = self.named("pointwise", "conv_2d_nchw_fchw", [(y, t), weight],
                       dims, self.broadcast("pointwise", dims))
        y = self.generic("sum", ["#map"] * 3, [(x, t), (y, t)], dims,
                         ["%r = arith.addf %a, %b : f32"])
        return self.unary("relu2", y, dims, RELU)

    def max_pool(self, x, dims):
        n, c, h, w = dims
        out = (n, c, h // 2, w // 2)
        self.line(f"%window = tensor.empty() : {shape(2, 2)}")
        return self.named("pool", "pooling_nchw_max",
                          [(x, shape(*dims)), ("%window", shape(2, 2))], out,
                          self.filled("pool", out, "%lowest"), 2)

    def global_mean(self, x, dims):
        n, c, _, _ = dims
        out = (n, c, 1, 1)
        x = self.generic("mean_sum", ["#map", "#map2"], [(x, shape(*dims))],
                         out, ["%r = arith.addf %a, %out : f32"],
                         self.filled("mean_sum", out),
                         ["parallel"] * 2 + ["reduction"] * 2)
        x = self.unary("mean", x, out, ["%r = arith.divf %a, %sixteen : f32"])
        self.line(f"%features = tensor.collapse_shape {x} [[0], [1, 2, 3]] : "
                  f"{shape(*out)} into {shape(n, c)}")
        return "%features"

    def dense(self, x):
        w, wt = self.constant("dense_weight", (1, 0))
        t = shape(32, 10)
        init = self.empty("transposed", (32, 10))
        self.line(f"%transposed = linalg.transpose ins({w} : {wt}) "
                  f"outs({init} : {t}) permutation = [1, 0]")
        init, logits = self.filled("dense", (1, 10)), shape(1, 10)
        self.line(f"%dense = linalg.matmul ins({x}, %transposed : "
                  f"{shape(1, 32)}, {t}) outs({init} : {logits}) -> {logits}")
        return self.generic("logits", ["#map3", "#map4", "#map3"],
                            [("%dense", logits), self.constant("dense_bias")],
                            (1, 10), ["%r = arith.addf %a, %b : f32"])

    def softmax(self, x):
        t, column, maps = shape(1, 10), (1, 1), ["#map3", "#map5", "#map3"]
        kinds = ["parallel", "reduction"]
        top = self.generic("largest", maps[:2], [(x, t)], column,
                           ["%r = arith.maximumf %a, %out : f32"],
                           self.filled("largest", column, "%lowest"), kinds)
        x = self.generic("centred", maps, [(x, t), (top, shape(*column))],
                         (1, 10), ["%r = arith.subf %a, %b : f32"])
        x = self.generic("exponentials", ["#map3"] * 2, [(x, t)], (1, 10),
                         ["%r = math.exp %a : f32"])
        total = self.generic("total", maps[:2], [(x, t)], column,
                             ["%r = arith.addf %a, %out : f32"],
                             self.filled("total", column), kinds)
        return self.generic("probabilities", maps,
                            [(x, t), (total, shape(*column))], (1, 10),
                            ["%r = arith.divf %a, %b : f32"])

    def main(self):
        large, small = (1, 16, 8, 8), (1, 16, 4, 4)
        for name, value in (("zero", "0.0"), ("six", "6.0"),
                            ("sixteen", "16.0"), ("lowest", "0xFF800000"),
                            ("epsilon", f"{EPSILON:.1e}")):
            self.line(f"%{name} = arith.constant {value} : f32")
        x = self.conv_norm_relu(1, "%input", (1, 1, 8, 8), 16)
        x = self.max_pool(self.residual_block(x, large), large)
        x = self.conv_norm_relu(2, x, small, 32)
        return self.softmax(self.dense(self.global_mean(x, (1, 32, 4, 4))))

    def resource_section(self):
        """The text that holds the constants; each starts with its alignment."""
        entries = [f'      {name}: "0x04000000{hexadecimal(array)[2:]}"'
                   for name, array in self.resources.items()]
        return "\n".join(["{-#", "  dialect_resources: {", "    builtin: {",
                          ",\n".join(entries), "    }", "  }", "#-}"])


def write(weights):
    """The text of the model, batch 1."""
    writer = Writer(weights)
    result, kind = writer.main(), shape(1, 10)
    return "\n".join([
        HEADER.format(what="NCHW, batch 1") + MAPS + "module {",
        f"  func.func @main(%input: {shape(1, 1, 8, 8)}) -> {kind} {{",
        *writer.lines, f"    return {result} : {kind}", "  }", "}", "",
        writer.resource_section(), ""])
