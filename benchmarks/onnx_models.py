#===- onnx_models.py - What ONNX Runtime runs in the benchmark ------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Models whose only node is a Loop around what is measured: inputs `trips`,
`cond`, `y0` (any value) and the model's own, output `Y` of the last trip. The
difference of two numbers of trips is free of the cost of a call."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import kernels
from shapes import Gemm

TYPES = {"u8": TensorProto.UINT8, "s32": TensorProto.INT32,
         "f32": TensorProto.FLOAT}


def value(name, element, shape=None):
    return helper.make_tensor_value_info(name, element, shape)


def constant(name, array):
    return numpy_helper.from_array(np.ascontiguousarray(array), name)


def save_loop(path, nodes, constants, source, result, opsets, version):
    """Writes the loop around a graph with one input and one output. Constants
    stay in the body, where ONNX Runtime prepares them as usual."""
    element = result.type.tensor_type.elem_type
    body = helper.make_graph(
        [helper.make_node("Identity", ["cond_in"], ["cond_out"]), *nodes],
        "body",
        [value("iter", TensorProto.INT64, []),
         value("cond_in", TensorProto.BOOL, []), value("previous", element)],
        [value("cond_out", TensorProto.BOOL, []), result],
        initializer=constants)
    graph = helper.make_graph(
        [helper.make_node("Loop", ["trips", "cond", "y0"], ["Y"], body=body)],
        "graph",
        [value("trips", TensorProto.INT64, []),
         value("cond", TensorProto.BOOL, []), source, value("y0", element)],
        [value("Y", element)])
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = version
    onnx.save(model, str(path))


def wrap(model_path, path):
    """The loop around a whole model."""
    model = onnx.load(str(model_path))
    graph = model.graph
    save_loop(path, graph.node, graph.initializer, graph.input[0],
              graph.output[0], model.opset_import, model.ir_version)


def save_nodes(path, nodes, constants, x, y):
    """The loop around a few nodes from `x` to `y`, each (element, shape)."""
    opsets = [helper.make_opsetid("", 13),
              helper.make_opsetid("com.microsoft", 1)]
    save_loop(path, nodes, [constant(*c) for c in constants.items()],
              value("x", TYPES[x[0]], x[1]), value("y", TYPES[y[0]], y[1]),
              opsets, 8)


def save_overhead(path):
    """A body that only passes a few bytes on."""
    save_nodes(path, [helper.make_node("Identity", ["x"], ["y"])], {},
               ("f32", [1, 16]), ("f32", [1, 16]))


def quantization(operands, weights):
    """Scales and zero points of x, w and y, as QLinear nodes want them, with w
    as s8 or, `weights` being u8, as u8 = s8 + 128."""
    n = operands.scale.size
    w_zero = np.uint8(128) if weights == "u8" else np.int8(0)
    return {"xs": np.float32(1), "xz": np.uint8(operands.zero_point),
            "ws": operands.scale, "ys": np.float32(1),
            "wz": np.full(n, w_zero, w_zero.dtype),
            "yz": np.uint8(kernels.OUTPUT_ZERO_POINT)}


def weights_as(operands, weights):
    if weights == "u8":
        return (operands.w.astype(np.int16) + 128).astype(np.uint8)
    return operands.w


QLINEAR = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"]


def save_gemm(path, shape, operands, kind):
    """kind: u8s8u8, u8u8u8, u8s8s32 or f32."""
    x, y = list(shape.x_shape), list(shape.y_shape)
    if kind == "f32":
        nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
        save_nodes(path, nodes, {"w": operands.w.astype(np.float32)},
                   ("f32", x), ("f32", y))
    elif kind == "u8s8s32":
        nodes = [helper.make_node("MatMulInteger", ["x", "w", "xz"], ["y"])]
        save_nodes(path, nodes, {"w": operands.w,
                                 "xz": np.uint8(operands.zero_point)},
                   ("u8", x), ("s32", y))
    else:
        weights = kind[2:4]
        nodes = [helper.make_node("QLinearMatMul", QLINEAR, ["y"])]
        save_nodes(path, nodes, {"w": weights_as(operands, weights),
                                 **quantization(operands, weights)},
                   ("u8", x), ("u8", y))


def oihw(shape, w):
    """Weights in ONNX's order."""
    if shape.o:
        return w.transpose(3, 2, 0, 1)
    return w.transpose(2, 0, 1)[:, None]


def save_conv(path, shape, operands, kind, layout):
    """kind: u8s8u8, u8u8u8 or f32; layout: nhwc (u8 only) or nchw."""
    order = (0, 3, 1, 2) if layout == "nchw" else (0, 1, 2, 3)
    x, y = ([dims[i] for i in order] for dims in (shape.x_shape, shape.y_shape))
    window = {"strides": [shape.stride] * 2, "pads": [shape.pad] * 4,
              "group": 1 if shape.o else shape.c, "kernel_shape": [shape.r] * 2}
    if kind == "f32":
        nodes = [helper.make_node("Conv", ["x", "w", "b"], ["y"], **window)]
        save_nodes(path, nodes,
                   {"w": oihw(shape, operands.w).astype(np.float32),
                    "b": operands.bias.astype(np.float32)},
                   ("f32", x), ("f32", y))
        return
    weights = kind[2:4]
    if layout == "nhwc":
        window.update(domain="com.microsoft", channels_last=1)
    nodes = [helper.make_node("QLinearConv", QLINEAR + ["b"], ["y"], **window)]
    save_nodes(path, nodes, {"w": oihw(shape, weights_as(operands, weights)),
                             "b": operands.bias,
                             **quantization(operands, weights)},
               ("u8", x), ("u8", y))
