#===- shapes.py - The shapes that the benchmark measures ------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Shapes of the kernels, and what each is to reach against its rivals.

Activations are u8, weights s8 in [-127, 127], the result is u8."""

import dataclasses
import zlib


@dataclasses.dataclass(frozen=True)
class Gemm:
    """x[m, k] times w[k, n]."""
    m: int
    n: int
    k: int
    table = "gemm"

    @property
    def name(self):
        return f"{self.m}x{self.n}x{self.k}"

    @property
    def operations(self):
        return 2 * self.m * self.n * self.k

    @property
    def channels(self):
        return self.n

    @property
    def x_shape(self):
        return (self.m, self.k)

    @property
    def w_shape(self):
        return (self.k, self.n)

    @property
    def y_shape(self):
        return (self.m, self.n)

    @property
    def terms(self):
        """Products in one sum."""
        return self.k


@dataclasses.dataclass(frozen=True)
class Conv:
    """Batch 1, NHWC; depthwise where `o` is 0."""
    h: int
    w: int
    c: int
    o: int
    r: int
    stride: int
    pad: int
    table = "conv"

    @property
    def name(self):
        size = f"{self.r}x{self.r}s{self.stride}"
        kind = f"-{self.o}" if self.o else "dw"
        return f"{self.h}x{self.w}x{self.c}{kind}_{size}"

    @property
    def channels(self):
        return self.o or self.c

    @property
    def oh(self):
        return (self.h + 2 * self.pad - self.r) // self.stride + 1

    @property
    def ow(self):
        return (self.w + 2 * self.pad - self.r) // self.stride + 1

    @property
    def operations(self):
        """Products with padding counted, as everybody does."""
        return 2 * self.oh * self.ow * self.channels * self.terms

    @property
    def x_shape(self):
        return (1, self.h, self.w, self.c)

    @property
    def w_shape(self):
        """[kh, kw, c, o]; depthwise [kh, kw, c]."""
        return (self.r, self.r, self.c) + ((self.o,) if self.o else ())

    @property
    def y_shape(self):
        return (1, self.oh, self.ow, self.channels)

    @property
    def terms(self):
        return self.r * self.r * (self.c if self.o else 1)


GEMMS = [Gemm(*s) for s in (
    (1, 1024, 1024), (1, 4096, 4096), (16, 1024, 1024), (64, 768, 768),
    (128, 768, 3072), (128, 3072, 768), (384, 1024, 1024), (512, 512, 512),
    (1024, 1024, 1024), (196, 256, 2304), (3136, 64, 576))]

CONVS = [Conv(*s) for s in (
    (56, 56, 64, 64, 3, 1, 1), (28, 28, 128, 128, 3, 1, 1),
    (14, 14, 256, 256, 3, 1, 1), (7, 7, 512, 512, 3, 1, 1),
    (112, 112, 32, 0, 3, 1, 1), (56, 56, 24, 144, 1, 1, 0),
    (224, 224, 3, 64, 7, 2, 3))]

# For the test of the benchmark itself: milliseconds, not numbers.
SMOKE = [Gemm(3, 16, 32), Conv(6, 5, 4, 8, 3, 2, 1), Conv(6, 5, 16, 0, 3, 1, 1)]

# Large enough to be split over threads.
THREADED = [Gemm(384, 1024, 1024), Gemm(512, 512, 512), Gemm(1024, 1024, 1024),
            Conv(56, 56, 64, 64, 3, 1, 1), Conv(28, 28, 128, 128, 3, 1, 1),
            Conv(224, 224, 3, 64, 7, 2, 3)]

# Also measured in f32.
FLOATS = [Gemm(512, 512, 512), Conv(28, 28, 128, 128, 3, 1, 1)]

# The largest activation, by the name that rows carry.
RANGES = {"a8": 255, "a7": 127}


def seed(shape, activations):
    """A different seed for each row, the same in every run."""
    return zlib.crc32(f"{shape.name}/{activations}".encode())


# --- goals -----------------------------------------------------------------

MODEL_GOAL, FLOAT_GOAL, THREADS_GOAL = 1.5, 2.5, 1.8
# f32 kernels against the fastest library; an instrumented model against the
# plain one: at most 1.3 times its time.
FLOAT_KERNEL_GOAL, CALIBRATE_GOAL = 0.5, 0.77


def goal(target, shape, activations):
    """The ratio to the fastest rival that a kernel is to reach, or None.
    Ratios are promised for AVX2, where rivals saturate."""
    if target != "x86-avx2":
        return None
    if isinstance(shape, Gemm):
        if shape.m == 1:
            return 1.10
        return 1.20 if activations == "a7" else 1.00
    if shape.o == 0 or shape.r == 7:
        return 1.15
    return 1.25 if shape.r == 1 else 1.10
