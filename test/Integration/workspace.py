#!/usr/bin/python3
#===- workspace.py - Compiled models in memory that the caller brings ------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""workspace.py MODEL --data F.npy --temp DIR [--target T] [--samples N]
                [--batch N]

Compiles a model with one input and one output, calls every form of its entry
point from four threads and compares each byte with `qdot run
--target=reference`. Input, output and workspace lie between pages that may not
be touched; the workspace has every alignment and arbitrary content."""

import argparse
import concurrent.futures
import ctypes
import mmap
import pathlib
import subprocess

import numpy as np

PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int,
                      ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Guarded:
    """`size` bytes that end `room` bytes before a page without access. The
    bytes of the same pages around them hold a pattern, which `check` expects
    unchanged."""

    def __init__(self, size, room=0, fill=0xA5):
        pages = -(-(size + room) // PAGE) * PAGE
        start = libc.mmap(None, pages + 2 * PAGE, 0, 0x22, -1, 0)
        assert start not in (None, ctypes.c_void_p(-1).value)
        assert libc.mprotect(start + PAGE, pages, 3) == 0
        ctypes.memset(start + PAGE, fill, pages)
        self.fill, self.size = fill, size
        self.start, self.end = start + PAGE, start + PAGE + pages
        self.address = self.end - room - size

    def set(self, array):
        assert array.nbytes == self.size
        ctypes.memmove(self.address, array.ctypes.data, self.size)

    def get(self):
        return ctypes.string_at(self.address, self.size)

    def check(self):
        before = ctypes.string_at(self.start, self.address - self.start)
        after = self.address + self.size
        after = ctypes.string_at(after, self.end - after)
        assert set(before + after) <= {self.fill}, "bytes around were written"


def call(library, data, expected, args, thread):
    """Every sample through the form of the entry point that `thread` selects."""
    size = library.qdot_main_workspace_size()
    group = args.batch or 1
    batch = [ctypes.c_int64(args.batch)] if args.batch else []
    for at in range(0, len(data) // group * group, group):
        source = Guarded(data[at:at + group].nbytes)
        target = Guarded(expected[at:at + group].nbytes)
        source.set(data[at:at + group])
        buffers = [ctypes.c_void_p(source.address),
                   ctypes.c_void_p(target.address), *batch]
        if thread == 0:
            assert library.qdot_main(*buffers) == 0
        else:
            workspace = Guarded(size, room=(at // group * 7 + thread) % 64,
                                fill=(at + 85 * thread) % 256)
            assert library.qdot_main_in_workspace(
                *buffers, ctypes.c_void_p(workspace.address)) == 0
            workspace.check()
        source.check()
        target.check()
        assert source.get() == data[at:at + group].tobytes(), "input changed"
        assert target.get() == expected[at:at + group].tobytes(), \
            f"sample {at}: other bytes than the reference"
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", required=True)
    parser.add_argument("--target", default="generic")
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    args = parser.parse_args()
    args.temp.mkdir(parents=True, exist_ok=True)

    data = np.load(args.data)[:args.samples]
    np.save(args.temp / "data.npy", data)
    subprocess.run(["qdot", "run", args.model, "--data", args.temp / "data.npy",
                    "--target=reference", "-o", args.temp / "reference.npy"],
                   check=True)
    expected = np.load(args.temp / "reference.npy")
    path = (args.temp / "model.so").resolve()
    subprocess.run(["qdot", "compile", args.model, "--target", args.target,
                    "-o", path], check=True)
    library = ctypes.CDLL(str(path))
    library.qdot_main_workspace_size.restype = ctypes.c_int64
    header = path.with_suffix(".h").read_text()
    size = library.qdot_main_workspace_size()
    assert f"#define QDOT_MAIN_WORKSPACE_SIZE {size}\n" in header
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(call, library, data, expected, args, thread)
                 for thread in range(4)]
        assert all(done.result() for done in calls)
    print(f"{args.target}: 4 x {len(data)} samples, same bytes, "
          f"workspace of {size} bytes")


if __name__ == "__main__":
    main()
