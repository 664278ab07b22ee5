#!/usr/bin/python3
#===- inputs.py - The kinds of files that samples come in ----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""inputs.py --temp FOLDER --model MODEL

Calibrates MODEL (samples of 4 numbers) on the same samples from every kind of
file: one result. Then gives it files that must be refused.
"""

import argparse
import pathlib
import re
import struct
import subprocess
import sys
import zlib

import numpy as np


def zip_file(members, **change):
    """An archive of (name, method, packed, size, crc); `change` damages it."""
    body, directory = b"", b""
    for name, method, packed, size, crc in members:
        common = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0, crc,
                             len(packed), size, len(name), 0)
        directory += (b"PK\x01\x02" + struct.pack("<H", 20) + common +
                      struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name)
        body += b"PK\x03\x04" + common + name + packed
    count = change.get("count", len(members))
    return (body + directory + b"PK\x05\x06" +
            struct.pack("<HHHHIIH", 0, 0, count, count, len(directory),
                        change.get("offset", len(body)), 0))


def npy_bytes(array, path):
    np.save(path, array)
    return path.read_bytes()


class Inputs:
    def __init__(self, options):
        self.temp, self.model = options.temp, options.model
        self.samples = np.random.default_rng(1).integers(
            -9, 9, size=(60, 4)).astype("f4")
        np.save(self.temp / "all.npy", self.samples)
        self.expected = self.calibrate("all.npy")

    def run(self, data):
        output = self.temp / "out.json"
        output.unlink(missing_ok=True)
        result = subprocess.run(
            ["qdot", "calibrate", self.model, "--quiet", "--batch=7", "--data",
             data, "-o", output.name], cwd=self.temp, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return result, output

    def calibrate(self, data):
        result, output = self.run(data)
        if result.returncode:
            sys.exit(f"{data}: {result.stdout}")
        return output.read_bytes()

    def accepts(self, data):
        if self.calibrate(data) != self.expected:
            sys.exit(f"{data}: other statistics")

    def refuses(self, data, message):
        result, output = self.run(data)
        if result.returncode != 1 or not re.search(message, result.stdout):
            sys.exit(f"{data}: expected {message!r}, got exit "
                     f"{result.returncode}: {result.stdout}")
        if output.exists():
            sys.exit(f"{data}: refused, but wrote an output")

    def write_good(self):
        a, temp = self.samples, self.temp
        np.savez(temp / "plain.npz", x=a)
        np.savez_compressed(temp / "packed.npz", y=a[:3], x=a)
        a.tofile(temp / "raw.bin")
        a.astype("i1").tofile(temp / "bytes.raw")
        for folder in ("each", "batch1", "rows"):
            (temp / folder).mkdir(exist_ok=True)
        for i, sample in enumerate(a):
            np.save(temp / f"each/{i:03}.npy", sample)
            np.save(temp / f"batch1/{i:03}.npy", sample[None])
        for i in range(0, len(a), 9):
            np.save(temp / f"rows/{i:03}.npy", a[i:i + 9])
        np.save(temp / "i2.npy", a.astype("i2"))
        # Every block type of DEFLATE: stored, fixed and dynamic codes.
        npy = npy_bytes(a, temp / "all.npy")
        for level, strategy in ((0, 0), (1, 4), (9, 0), (6, 2), (6, 3)):
            packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
            packed = packer.compress(npy) + packer.flush()
            (temp / f"level{level}{strategy}.npz").write_bytes(zip_file(
                [(b"x.npy", 8, packed, len(npy), zlib.crc32(npy))]))
            self.accepts(f"level{level}{strategy}.npz")

    def check_good(self):
        self.write_good()
        for data in ("plain.npz", "plain.npz:x", "packed.npz:x", "raw.bin",
                     "raw.bin:f32", "bytes.raw:i8", "each", "batch1", "rows",
                     "i2.npy"):
            self.accepts(data)

    def write(self, name, content):
        (self.temp / name).write_bytes(content)
        return name

    def check_bad(self):
        npy = npy_bytes(self.samples, self.temp / "all.npy")
        crc = zlib.crc32(npy)
        packed = zlib.compress(npy, wbits=-15)
        good = (b"x.npy", 8, packed, len(npy), crc)
        bad = lambda *members, **change: self.write(
            "bad.npz", zip_file(members, **change))
        self.refuses("packed.npz", "one --data file per argument, 1, got 2")
        self.refuses("packed.npz:z", "there is no array 'z'")
        self.refuses(self.write("no.npz", b"PK"), "not an .npz archive")
        self.refuses(bad(good, good), "'x.npy' occurs twice")
        self.refuses(bad(good, count=999), "entries does not fit")
        self.refuses(bad(good, offset=2**31), "expected an entry")
        self.refuses(bad((b"x.npy", 8, packed, len(npy), crc ^ 1)),
                     "x.npy: the checksum is wrong")
        self.refuses(bad((b"x.npy", 8, packed, 2**31, crc)),
                     "bytes cannot unpack to 2147483648")
        self.refuses(bad((b"x.npy", 8, packed, len(npy) - 1, crc)),
                     "malformed compressed data")
        self.refuses(bad((b"x.npy", 12, packed, len(npy), crc)),
                     "compression method 12 is not supported")
        for size in range(0, len(packed), 7):
            self.refuses(bad((b"x.npy", 8, packed[:size], len(npy), crc)),
                         "malformed compressed data|cannot unpack")
        archive = bytearray(zip_file([good]))
        for at in range(0, len(archive), 41):
            damaged = bytearray(archive)
            damaged[at] ^= 0xff
            result, _ = self.run(self.write("bad.npz", bytes(damaged)))
            if result.returncode not in (0, 1):
                sys.exit(f"damaged at {at}: exit {result.returncode}")
        (self.temp / "empty").mkdir(exist_ok=True)
        self.refuses("empty", "the folder has no .npy file")
        (self.temp / "mixed").mkdir(exist_ok=True)
        np.save(self.temp / "mixed/0.npy", self.samples[0])
        np.save(self.temp / "mixed/1.npy", self.samples[:2])
        self.refuses("mixed", r"mixed/1.npy: shape 2x4 does not go with "
                     r"mixed/0.npy, whose samples have shape 4")
        self.refuses(self.write("odd.bin", b"x" * 17),
                     "expected a multiple of 16 bytes, a sample of f32 of shape "
                     "4, got 17")
        self.refuses(self.write("none.bin", b""), "got 0")
        self.refuses("raw.bin:f24", "unknown element type 'f24'")
        self.refuses("missing.bin", "cannot read 'missing.bin'")
        self.refuses("missing.npz", "cannot read 'missing.npz'")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    options.temp, options.model = options.temp.resolve(), options.model.resolve()
    inputs = Inputs(options)
    inputs.check_good()
    inputs.check_bad()
    print("every kind of file gives the same statistics")


main()
