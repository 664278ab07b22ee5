#===- scalars.py - qdot.requantize, qdot.quantize, qdot.lookup ------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""The scalar ops by themselves: full-range accumulators, every shift, every
table entry, every kind of float. The expected values come from Python's
integers (requantize) and from numpy (floats)."""

import fractions

import numpy as np

from .function import tensor
from .rules import I32_MAX, I32_MIN, Quant, dequantize, quantize

COUNT = 4096  # Elements per call.
MAP = "affine_map<(d0) -> (d0)>"


class Scalar:
    """A function of rank-1 tensors: `body` lines compute %r from %a0, %a1, ..."""

    def __init__(self, name, elements, result, body, model, data):
        self.name, self.elements, self.result = name, elements, result
        self.body, self.model, self.data = body, model, data

    def text(self):
        types = [tensor((COUNT,), e) for e in self.elements]
        out = tensor((COUNT,), self.result)
        args = ", ".join(f"%t{i}: {t}" for i, t in enumerate(types))
        names = ", ".join(f"%t{i}" for i in range(len(types)))
        block = ", ".join(f"%a{i}: {e}" for i, e in enumerate(self.elements))
        maps = ", ".join([MAP] * (len(types) + 1))
        return f"""func.func @{self.name}({args}) -> {out} {{
  %e = tensor.empty() : {out}
  %y = linalg.generic {{indexing_maps = [{maps}],
      iterator_types = ["parallel"]}} ins({names} : {', '.join(types)})
      outs(%e : {out}) {{
  ^bb0({block}, %old: {self.result}):
    {self.body}
    linalg.yield %r : {self.result}
  }} -> {out}
  return %y : {out}
}}
"""


def nearest(value, multiplier, shift, is_double):
    """R2 and R3 on Python's integers."""
    rounding = 1 << (shift - 1)
    if is_double and shift > 31:
        rounding += (1 << 30) if value >= 0 else -(1 << 30)
    return (value * multiplier + rounding) >> shift


def half_even(value):
    """The nearest integer of a Fraction, ties to even (Python's round)."""
    return round(value)


def nearest_f32(value, multiplier):
    """R5 on exact fractions: two roundings to f32, then to an integer."""
    product = np.float32(np.float32(value) * np.float32(multiplier))
    if np.isinf(product):
        return 2**63 if product > 0 else -2**63
    return half_even(fractions.Fraction(float(product)))


def accumulators(rng, multipliers, shifts):
    """Edges, near zero, everything, and values next to ties."""
    edges = np.array([I32_MIN, I32_MAX, I32_MIN + 1, I32_MAX - 1, 0, 1, -1,
                      2**30, -2**30, 2**24 + 1, -2**24 - 1, 127, -128])
    values = rng.integers(I32_MIN, I32_MAX + 1, COUNT)
    small = rng.integers(-2**12, 2**12, COUNT)
    values = np.where(rng.random(COUNT) < 0.2, small, values)
    values = np.where(rng.random(COUNT) < 0.2, rng.choice(edges, COUNT), values)
    for i in np.nonzero(rng.random(COUNT) < 0.4)[0]:
        m, s = int(multipliers[i]), int(shifts[i])
        if m:  # The accumulator whose product is nearest to n + 1/2.
            n = int(rng.integers(-200, 200))
            tie = ((2 * n + 1) << (s - 1)) // m + int(rng.integers(-1, 2))
            values[i] = min(max(tie, I32_MIN), I32_MAX)
    return values.astype(np.int32)


def fixed_data(rng, shift=None):
    shifts = rng.integers(2, 63, COUNT) if shift is None else np.full(COUNT, shift)
    multipliers = rng.integers(2**30, 2**31, COUNT)
    special = rng.choice([0, 2**30, 2**31 - 1, 1 << 30 | 1], COUNT)
    multipliers = np.where(rng.random(COUNT) < 0.2, special, multipliers)
    return [accumulators(rng, multipliers, shifts),
            multipliers.astype(np.int32), shifts.astype(np.int8)]


def f32_data(rng):
    real = np.exp2(rng.uniform(-40, 8, COUNT))
    real = np.where(rng.random(COUNT) < 0.2, np.exp2(np.rint(np.log2(real))), real)
    multipliers = real.astype(np.float32)
    fraction, exponent = np.frexp(multipliers.astype(np.float64))
    fixed = (fraction * 2**31).astype(np.int64)
    shifts = np.clip(31 - exponent, 2, 62)
    return [accumulators(rng, fixed, shifts), multipliers]


OUTPUTS = [("i8", 0, -128, 127), ("i8", -128, -128, 127), ("i8", 127, -128, 127),
           ("i8", 5, -3, 90), ("i16", -32768, -32768, 32767),
           ("i16", 32767, -32768, 32767), ("i16", 4097, -100, 30000),
           ("i32", 0, I32_MIN, I32_MAX), ("i32", I32_MAX, I32_MIN, I32_MAX),
           ("i32", I32_MIN, I32_MIN, I32_MAX), ("i32", -77, -2**24 - 1, 2**24 + 1),
           ("i32", 0, -2**24 - 1, 2**24 + 1)]


def requantize(number, contract, output):
    """One op; multiplier and shift are operands."""
    element, zero, lo, hi = output
    is_f32 = contract == "f32"
    operands = "%a0, %a1" if is_f32 else "%a0, %a1, %a2"
    kind = "f32" if is_f32 else "i32"
    body = (f"%r = qdot.requantize {operands} zero_point({zero}) "
            f"clamp({lo}, {hi}) contract {contract.replace('-', '_')} : "
            f"i32, {kind} -> {element}")

    def model(inputs):
        if is_f32:
            scaled = [nearest_f32(int(v), m) for v, m in zip(*inputs)]
        else:
            scaled = [nearest(int(v), int(m), int(s), contract == "tosa-double")
                      for v, m, s in zip(*inputs)]
        return np.array([min(max(q + zero, lo), hi) for q in scaled])

    def data(seed):
        rng = np.random.default_rng(seed)
        if is_f32:
            return [f32_data(rng) for _ in range(4)]
        # Full blocks of single shifts would add nothing: each of the 61 occurs
        # in every call some 67 times.
        return [fixed_data(rng) for _ in range(4)]

    elements = ["i32", "f32"] if is_f32 else ["i32", "i32", "i8"]
    return Scalar(f"requantize_{contract.replace('-', '_')}_{number}", elements,
                  element, body, model, data)


def requantizations(contract):
    for number, output in enumerate(OUTPUTS):
        yield requantize(number, contract, output)


def table(seed):
    entries = np.random.default_rng(seed).integers(-128, 128, 256, dtype=np.int8)
    text = entries.tobytes().hex().upper()
    body = (f"%c = arith.constant dense<\"0x{text}\"> : tensor<256xi8>\n"
            "    %r = qdot.lookup %a0 in %c : tensor<256xi8>")
    every = np.resize(np.arange(-128, 128), COUNT).astype(np.int8)
    return Scalar(f"lookup_{seed}", ["i8"], "i8", body,
                  lambda inputs: entries[inputs[0].astype(int) + 128],
                  lambda seed: [[every]])


#===----------------------------------------------------------------------===#
# quantize and dequantize
#===----------------------------------------------------------------------===#

QUANTIZED = [
    Quant(0.5, 0), Quant(1.0, -128), Quant(2.0, 127), Quant(0.1, 3),
    Quant(1.568627e-2, -32), Quant(1.2e-38, 5), Quant(3.4e38, -7),
    Quant(0.25, 0, -127, 127), Quant(3e-3, 100, -32768, 32767, 16),
    Quant(1.0, -32768, -32768, 32767, 16),
    Quant(0.5, 0, I32_MIN, I32_MAX, 32), Quant(2.0, -128, I32_MIN, I32_MAX, 32),
    Quant(4.0, I32_MAX, I32_MIN, I32_MAX, 32)]


def floats(q, rng):
    """Every kind of float: all patterns, ties and their neighbours, specials."""
    info = np.finfo(np.float32)
    steps = rng.integers(q.lo - 3, q.hi + 4, COUNT) + rng.choice([0, 0.5], COUNT)
    with np.errstate(over="ignore"):
        ties = (np.float64(q.scale) * steps).astype(np.float32)
    ties = np.where(rng.random(COUNT) < 0.3, np.nextafter(
        ties, rng.choice(np.float32([-np.inf, np.inf]), COUNT)), ties)
    patterns = rng.integers(0, 2**32, COUNT, dtype=np.uint32).view(np.float32)
    special = np.float32([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0,
                          info.max, info.min, info.tiny, -info.tiny,
                          info.smallest_subnormal, -info.smallest_subnormal,
                          2**31, -2**31, 2**31 - 128, 2**63, 2**24 + 1])
    return [ties, patterns, np.resize(special, COUNT)]


class Conversion:
    """qdot.quantize, or qdot.dequantize, of a tensor."""

    def __init__(self, name, text, model, data):
        self.name, self.model, self.data = name, model, data
        self.text = lambda: text


def conversion(number, q):
    from .function import quant_type
    of_q = tensor((COUNT,), quant_type(q, 1))
    real, stored = tensor((COUNT,)), tensor((COUNT,), f"i{q.bits}")
    yield Conversion(f"quantize_{number}", f"""
func.func @quantize_{number}(%x: {real}) -> {stored} {{
  %q = qdot.quantize %x : {real} -> {of_q}
  %r = quant.scast %q : {of_q} to {stored}
  return %r : {stored}
}}
""", lambda inputs: quantize(inputs[0], q),
        lambda seed: [[x] for x in floats(q, np.random.default_rng(seed))])
    codes = np.random.default_rng(number).integers(q.lo, q.hi + 1, COUNT)
    if q.bits == 8:
        codes = np.resize(np.arange(q.lo, q.hi + 1), COUNT)
    codes = np.concatenate([codes[:COUNT - 3], [q.lo, q.hi, q.zero]])
    kind = {8: np.int8, 16: np.int16, 32: np.int32}[q.bits]
    yield Conversion(f"dequantize_{number}", f"""
func.func @dequantize_{number}(%x: {stored}) -> {real} {{
  %q = quant.scast %x : {stored} to {of_q}
  %r = qdot.dequantize %q : {of_q} -> {real}
  return %r : {real}
}}
""", lambda inputs: dequantize(inputs[0], q),
        lambda seed: [[codes.astype(kind)]])


def conversions():
    for number, q in enumerate(QUANTIZED):
        yield from conversion(number, q)


def per_channel():
    """One scale and zero point per channel."""
    from .function import quant_type
    rng = np.random.default_rng(40)
    q = Quant(np.exp(rng.uniform(-5, 5, 16)), rng.integers(-128, 128, 16),
              axes=(1,), shape=(16,))
    of_q = tensor((256, 16), quant_type(q, 2))
    real, stored = tensor((256, 16)), tensor((256, 16), "i8")
    yield Conversion("quantize_channels", f"""
func.func @quantize_channels(%x: {real}) -> {stored} {{
  %q = qdot.quantize %x : {real} -> {of_q}
  %r = quant.scast %q : {of_q} to {stored}
  return %r : {stored}
}}
""", lambda inputs: quantize(inputs[0], q), lambda seed: [
        [np.random.default_rng(seed).normal(0, 50, (256, 16)).astype(
            np.float32)]])


GROUPS = {
    "requantize-tosa-single": lambda: requantizations("tosa-single"),
    "requantize-tosa-double": lambda: requantizations("tosa-double"),
    "requantize-f32": lambda: requantizations("f32"),
    "lookup": lambda: (table(seed) for seed in range(3)),
    "quantize": lambda: (c for part in (conversions(), per_channel())
                         for c in part),
}
