#===- guarded.py - Calls with memory that nobody else may touch -----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Buffers between pages that must not be read or written. A buffer lies at
either end of its pages, so that one byte too far is a fault, or 1 to 3 bytes
from it, so that it is not aligned; what is left of the pages is checked."""

import ctypes
import mmap
import os

import numpy as np

PAGE = mmap.PAGESIZE
MARK = 0xA5
NO_ACCESS = 0  # PROT_NONE

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int,
                      ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Slot:
    """Pages for one buffer, with a forbidden page on both sides."""

    def __init__(self, size):
        self.pages = -(-(size + 8) // PAGE) * PAGE
        start = libc.mmap(None, self.pages + 2 * PAGE, NO_ACCESS,
                          mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        assert start != ctypes.c_void_p(-1).value, "mmap failed"
        self.base = start + PAGE
        status = libc.mprotect(self.base, self.pages,
                               mmap.PROT_READ | mmap.PROT_WRITE)
        assert status == 0, os.strerror(ctypes.get_errno())
        raw = (ctypes.c_uint8 * self.pages).from_address(self.base)
        self.bytes = np.frombuffer(raw, np.uint8)

    def place(self, size, end, offset):
        """Room for `size` bytes, `offset` from the last (`end`) or the first
        byte; all others are marked."""
        self.start = self.pages - size - offset if end else offset
        self.stop = self.start + size
        self.bytes[:self.start] = MARK
        self.bytes[self.stop:] = MARK
        return self.bytes[self.start:self.stop]

    @property
    def address(self):
        return ctypes.c_void_p(self.base + self.start)

    def is_intact(self):
        return bool((self.bytes[:self.start] == MARK).all()
                    and (self.bytes[self.stop:] == MARK).all())


class Arena:
    """One slot per operand, large enough for every call so far."""

    def __init__(self):
        self.slots = []

    def slot(self, number, size):
        while len(self.slots) <= number:
            self.slots.append(Slot(PAGE))
        if self.slots[number].pages < size + 8:
            self.slots[number] = Slot(size + 8)
        return self.slots[number]

    def call(self, function, inputs, outputs, batch, placement):
        """Calls a function of a compiled module. `outputs` are (shape, dtype);
        `placement` selects ends and offsets. Returns the arrays; raises an
        AssertionError if anything but the outputs was written."""
        slots = []
        for number, x in enumerate(inputs):
            slot = self.slot(number, x.nbytes)
            place = slot.place(x.nbytes, *position(placement, number, 1))
            place[:] = x.reshape(-1).view(np.uint8)
            slots.append(slot)
        for number, (shape, dtype) in enumerate(outputs, len(inputs)):
            width = np.dtype(dtype).itemsize
            size = int(np.prod(shape)) * width
            slot = self.slot(number, size)
            slot.place(size, *position(placement, number, width))[:] = 0x5A
            slots.append(slot)
        arguments = [slot.address for slot in slots]
        arguments += [ctypes.c_int64(batch)] if batch is not None else []
        status = function(*arguments)
        assert status == 0, f"returned {status}"
        for number, slot in enumerate(slots):
            assert slot.is_intact(), f"operand {number}: wrote outside"
        for x, slot in zip(inputs, slots):
            assert (slot.bytes[slot.start:slot.stop]
                    == x.reshape(-1).view(np.uint8)).all(), "wrote to an input"
        return [slot.bytes[slot.start:slot.stop].view(dtype).reshape(shape).copy()
                for slot, (shape, dtype) in zip(slots[len(inputs):], outputs)]


def position(placement, number, width):
    """(at the end, offset) of an operand: ends and offsets of 0 to 3 elements
    take turns; every operand starts elsewhere."""
    turn = placement + number
    return turn % 2 == 0, (turn // 2 % 4) * width if turn % 8 else 0
