#===- make_statistics.py - Statistics of chosen ranges -------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""make_statistics.py OUT.json PATH=MIN:MAX ... < OBSERVED.mlir

Writes the statistics file (docs/Statistics.md) of a model that saw exactly two
numbers at each site: MIN and MAX. Every site of the observed model that no
argument names saw -1 and 1. MAX*N stands for MAX and N values of a thousandth
of it, MAX*N@D for N values of MAX / D. MAX may be `nan` (the site saw a NaN)
or `none` (it saw nothing).
"""

import fractions
import re
import struct
import sys


def fnv1a64(data):
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = (digest ^ byte) * 0x100000001B3 % 2**64
    return digest


def histogram_bin(value):
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return 0 if value == 0 else bits >> 20


def shortest(value):
    return f"{value:g}"


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def exact_sum(values):
    """The spelling of a sum in the file."""
    total = sum(map(fractions.Fraction, values))
    if total == 0:
        return "0x0p+0"
    mantissa, exponent = total.numerator, 1 - total.denominator.bit_length()
    while mantissa % 2 == 0:
        mantissa, exponent = mantissa // 2, exponent + 1
    return f"{'-' * (mantissa < 0)}{abs(mantissa):#x}p{exponent:+d}"


def record(site, low, high):
    """All values are of one sample."""
    if high in ("nan", "none"):
        values, nan = [], int(high == "nan")
    else:
        high, _, more = high.partition("*")
        values = [float(low), float(high)]
        number, _, part = more.partition("@")
        values += [f32(float(high) / float(part or 1000))] * int(number or 0)
        nan = 0
    values = [f32(value) for value in values]
    bins = sorted(map(histogram_bin, values))
    counts = [[b, bins.count(b)] for b in sorted(set(bins))]
    bounds = [shortest(v) for v in values[:2]] or ["null", "null"]
    return (f'    {{"site": "{site}", "count": {len(values) + nan}, '
            f'"nan": {nan}, "inf": 0, "zero": {values.count(0.0)}, '
            f'"min": {bounds[0]}, "max": {bounds[1]}, '
            f'"sum": "{exact_sum(values)}", '
            f'"sum_squares": "{exact_sum([v * v for v in values])}", '
            f'"histogram": {counts}, "samples": {int(bool(values))}, '
            f'"sum_min": "{exact_sum(values[:1])}", '
            f'"sum_max": "{exact_sum(values[1:2])}", "channels": []}}')


def main():
    ranges = dict(argument.split("=") for argument in sys.argv[2:])
    sites = sorted(set(re.findall(r'#qdot\.site<"([^"]+)">', sys.stdin.read())))
    unknown = set(ranges) - {site.rsplit("#")[0] for site in sites}
    if unknown:
        sys.exit(f"no such sites: {sorted(unknown)}, there are {sites}")
    model = fnv1a64("".join(site + "\n" for site in sites).encode())
    records = [record(site, *ranges.get(site.rsplit("#")[0], "-1:1").split(":"))
               for site in sites]
    text = ('{\n  "format": "qdot-statistics",\n  "version": 2,\n'
            f'  "tool": "make_statistics.py",\n  "model": "{model:016x}",\n'
            '  "data": {"samples": 1, "digest": "0000000000000000"},\n'
            '  "values": [\n' + ",\n".join(records) + "\n  ],\n  ")
    with open(sys.argv[1], "w") as file:
        file.write(text + f'"checksum": "fnv1a64:{fnv1a64(text.encode()):016x}"'
                   "\n}\n")


main()
