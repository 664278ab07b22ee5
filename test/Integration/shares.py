#===- shares.py - A pool for compiled models that tests order -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Stands in for the pool of qdot/Threads/Threads.h on one thread: units one by
one from the last to the first, or random ranges in random order."""

import ctypes

import numpy as np

BODY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
POOL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
                        ctypes.c_int64, ctypes.c_int64)
# Python calls the body; beyond this, units are taken together.
MOST_RANGES = 40


class Shares:
    """Install it, and compiled models of this library call it. `calls` counts
    what was shared."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.calls = 0
        self.pool = POOL(self.run)

    def install(self, library):
        """False if nothing in the library is shared."""
        try:
            library.qdot_set_parallel_for(self.pool)
        except AttributeError:
            return False
        return True

    @staticmethod
    def remove(library):
        library.qdot_set_parallel_for(None)

    def ranges(self, count):
        cuts = np.arange(count + 1)
        if count > MOST_RANGES or self.calls % 2:
            inner = self.random.integers(1, count, min(count - 1, MOST_RANGES))
            cuts = np.unique([0, *inner, count])
        pairs = list(zip(cuts[:-1], cuts[1:]))
        if self.calls % 2:
            self.random.shuffle(pairs)
        return reversed(pairs)

    def run(self, body, context, count, grain, threads):
        self.calls += 1
        function = BODY(body)
        for begin, end in self.ranges(count) if count > 1 else [(0, count)]:
            function(context, int(begin), int(end))
