#!/usr/bin/python3
#===- compare_npy.py - Compare two files of class probabilities -----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""compare_npy.py A.npy B.npy [--tolerance T] [--labels L.npy --accuracy X]:
fails when an element differs by more than T, or B's top-1 is below X."""

import argparse
import sys

import numpy as np

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("a")
parser.add_argument("b")
parser.add_argument("--tolerance", type=float, default=0)
parser.add_argument("--labels")
parser.add_argument("--accuracy", type=float, default=0)
options = parser.parse_args()

a, b = np.load(options.a), np.load(options.b)
worst = float(np.abs(a.astype(np.float64) - b).max())
good = a.shape == b.shape and worst <= options.tolerance
print(f"largest difference {worst:.3g}")
if options.labels:
    top1 = float((b.argmax(1) == np.load(options.labels)).mean())
    good = good and top1 >= options.accuracy
    print(f"top-1 {top1:.4f}")
sys.exit(0 if good else 1)
