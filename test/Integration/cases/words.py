#===- words.py - Weights that 16-bit sums cannot hold ---------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""A group of sweep.py: heavy weights and u8 activations, which AVX2 multiplies
as words. Shapes with one panel of rows and with several, even and uneven, with
strips of a convolution, rows of zeros left out, and none where a panel does not
fit or pay."""

from .function import Random
from .integer import IntegerFunction
from .sweep import S8, U8, choose, conv, dense

# (m, n, k). 1 x 130 x 4500: beyond a cache, so bytes stay bytes. K = 1500: panels of 16 rows. K = 9000: none for tiles of 8 rows.
DENSE = [(1, 50, 16), (1, 24, 20000), (1, 130, 4500), (9, 17, 64), (8, 8, 20), (16, 16, 1500),
         (40, 16, 1500), (45, 9, 1500), (41, 8, 1501), (33, 24, 3000),
         (12, 8, 9000), (100, 8, 254), (None, 9, 1500), (None, 40, 9000)]

# image, channels, taps, strides, dilations, padding, outputs
CONV = [((6, 9), 64, (3, 3), (1, 1), (1, 1), 1, 17),
        ((7, 9), 67, (3, 3), (2, 2), (1, 1), 1, 16),
        ((9, 9), 32, (3, 3), (1, 1), (2, 2), 2, 9),
        ((3, 70), 100, (3, 3), (1, 1), (1, 1), 1, 9),
        ((2, 67), 150, (2, 3), (1, 2), (1, 1), 0, 8),
        ((8, 8), 32, (1, 1), (2, 2), (1, 1), 0, 24),
        ((9, 9), 32, (1, 1), (3, 3), (1, 1), 0, 8),
        ((6, 6), 24, (1, 5), (1, 1), (1, 1), 0, 8),
        ((3, 3), 512, (3, 3), (1, 1), (1, 1), 1, 128)]


def heavy(seed):
    r = Random(seed)
    for m, n, k in DENSE:
        contract, output, _ = choose(r)
        f = IntegerFunction(f"words_{m}_{n}_{k}")
        x = f.input((m, k), r.pick(U8, S8))
        f.result(dense(f, r, x, n, contract, output, r.pick("full", "extreme")))
        yield f
    for i, (image, c, taps, strides, dilations, pad, outputs) in enumerate(CONV):
        contract, output, _ = choose(r)
        f = IntegerFunction(f"words_conv_{i}")
        x = f.input((r.pick(1, 2), *image, c), U8)
        f.result(conv(f, r, x, taps, strides, dilations, [(pad, pad)] * 2,
                      outputs, contract, output, style="full"))
        yield f
