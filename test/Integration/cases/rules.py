#===- rules.py - docs/Numerics.md in numpy --------------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""The rules of docs/Numerics.md, written from that page alone. Integers are
int64 (or Python's, where 64 bits do not hold the value); every float operation
is one numpy operation of the width that the rule names."""

import math

import numpy as np

I32_MIN, I32_MAX = -2**31, 2**31 - 1
CONTRACTS = ("tosa-single", "tosa-double", "f32")


class Quant:
    """A quantized type: scales (f32), zero points, storage range. One scale,
    or one per element of `axes` of the tensor (`shape` elements)."""

    def __init__(self, scale, zero=0, lo=-128, hi=127, bits=8, axes=(),
                 shape=()):
        texts = [f"{s:.6e}" for s in np.atleast_1d(scale).ravel()]
        self.texts = texts  # As MLIR prints them.
        self.scales = np.array([np.float32(t) for t in texts], np.float32)
        self.zeros = np.broadcast_to(np.atleast_1d(zero).ravel(),
                                     (len(texts),)).astype(np.int64)
        self.lo, self.hi, self.bits = lo, hi, bits
        self.axes, self.shape = tuple(axes), tuple(shape)

    @property
    def scale(self):
        assert not self.axes
        return self.scales[0]

    @property
    def zero(self):
        assert not self.axes
        return int(self.zeros[0])

    def along(self, values, rank):
        """Per-channel values, shaped to broadcast over a tensor."""
        shape = [1] * rank
        for axis, size in zip(self.axes, self.shape):
            shape[axis] = size
        return values.reshape(shape if self.axes else [1] * rank)

    def scales_for(self, rank):
        return self.along(self.scales, rank)

    def zeros_for(self, rank):
        return self.along(self.zeros, rank)


def clamp(values, lo, hi):
    return np.minimum(np.maximum(values, lo), hi)


def to_integer(values, lo, hi):
    """Integral floats to int64, saturated; NaN is the caller's business."""
    return clamp(np.asarray(values, np.float64), lo, hi).astype(np.int64)


def quantize(real, q):
    """Q6."""
    real = np.asarray(real, np.float32)
    rank = real.ndim
    zeros = q.zeros_for(rank)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        steps = np.rint(real / q.scales_for(rank))
    nan = np.isnan(steps)
    codes = to_integer(np.where(nan, 0, steps), -2**40, 2**40) + zeros
    return clamp(codes, q.lo, q.hi)


def quantize_exact(real, scale, lo=I32_MIN, hi=I32_MAX):
    """Q7, in f64."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        steps = np.rint(np.asarray(real, np.float64) / scale)
    return to_integer(np.where(np.isnan(steps), 0, steps), lo, hi)


def dequantize(codes, q):
    """Q8."""
    codes = np.asarray(codes, np.int64)
    centered = (codes - q.zeros_for(codes.ndim)).astype(np.float32)
    with np.errstate(over="ignore", under="ignore"):
        return centered * q.scales_for(codes.ndim)


def decompose(real):
    """R1, of one f64."""
    fraction, exponent = math.frexp(float(real))
    multiplier = math.floor(fraction * 2**31 + 0.5)
    shift = 31 - exponent
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift - 1
    if shift > 62 or multiplier == 0:
        return 0, 62
    if shift < 2:
        return 2**31 - 1, 2
    return multiplier, shift


def apply_fixed(acc, multiplier, shift, is_double):
    """R2, R3: the products have 62 bits, the sums 63."""
    one = np.int64(1)
    shift = np.asarray(shift, np.int64)
    rounding = one << (shift - 1)
    if is_double:
        nudge = np.where(acc >= 0, one << 30, -(one << 30))
        rounding = rounding + np.where(shift > 31, nudge, 0)
    product = np.asarray(acc, np.int64) * np.asarray(multiplier, np.int64)
    return (product + rounding) >> shift


def apply_f32(acc, multiplier):
    """R5, up to the zero point."""
    with np.errstate(over="ignore"):
        product = np.asarray(acc).astype(np.float32) * np.float32(multiplier)
    return to_integer(np.rint(product), -2**62, 2**62)


class Rules:
    """One contract."""

    def __init__(self, contract):
        assert contract in CONTRACTS
        self.contract = contract

    def combine(self, s_x, s_w, s_y):
        """R6, R7: real multipliers, f64."""
        if self.contract == "f32":
            product = np.float32(s_x) * np.asarray(s_w, np.float32)
            return (product / np.float32(s_y)).astype(np.float64)
        return np.float64(s_x) * np.asarray(s_w, np.float64) / np.float64(s_y)

    def requantize(self, acc, real, zero, lo, hi):
        """R4, R5; `real` broadcasts over `acc`."""
        acc = np.asarray(acc, np.int64)
        assert acc.size == 0 or (acc.min() >= I32_MIN and acc.max() <= I32_MAX)
        real = np.asarray(real, np.float64)
        if self.contract == "f32":
            scaled = apply_f32(acc, real.astype(np.float32))
        else:
            fixed = [decompose(value) for value in real.ravel()]
            m = np.array([f[0] for f in fixed], np.int64).reshape(real.shape)
            s = np.array([f[1] for f in fixed], np.int64).reshape(real.shape)
            scaled = apply_fixed(acc, m, s, self.contract == "tosa-double")
        return clamp(scaled + zero, lo, hi)

    def to_type(self, acc, real, q, bounds=None):
        """Requantization to a per-tensor type; `bounds` are a fused clamp in
        real numbers."""
        lo, hi = q.lo, q.hi
        if bounds:
            lo, hi = (int(quantize(np.float32(b), q).ravel()[0])
                      for b in bounds)
        return self.requantize(acc, real, q.zero, lo, hi)

    def convert(self, codes, source, target):
        """From one per-tensor type to another."""
        if (source.texts == target.texts and source.zero == target.zero
                and (source.lo, source.hi) == (target.lo, target.hi)):
            return np.asarray(codes, np.int64)
        acc = np.asarray(codes, np.int64) - source.zero
        return self.to_type(acc, self.combine(source.scale, 1, target.scale),
                            target)


def choose_add(scales, s_y):
    """E1: the multipliers and k."""
    for k in range(22, 0, -1):
        unit = np.float64(s_y) * 2.0**-k
        factors = [int(np.rint(np.float64(s) / unit)) for s in scales]
        if 255 * sum(factors) + 2**(k - 1) < 2**31:
            return factors, k
    raise ValueError("no k")


def choose_affine(a, b, s_x):
    """E3: weights, biases and units of all channels."""
    a, b = np.float64(a), np.float64(b)
    step = np.abs(a) * np.float64(s_x)
    unit = np.maximum(step * 2.0**-20, np.abs(b) * 2.0**-30)
    safe = np.where(unit == 0, 1.0, unit)
    w = np.where(unit == 0, 0, np.rint(a * np.float64(s_x) / safe))
    c = np.where(unit == 0, 0, np.rint(b / safe))
    return w.astype(np.int64), c.astype(np.int64), unit
