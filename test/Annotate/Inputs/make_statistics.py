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
of it. MAX may be `nan` (the site saw a NaN) or `none`
(it saw nothing).
"""

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


def record(site, low, high):
    if high in ("nan", "none"):
        count = 1 if high == "nan" else 0
        return (f'    {{"site": "{site}", "count": {count}, "nan": {count}, '
                '"inf": 0, "zero": 0, "min": null, "max": null, '
                '"histogram": []}')
    high, _, more = high.partition("*")
    values = [float(low), float(high)] + [float(high) / 1000] * int(more or 0)
    bins = sorted(map(histogram_bin, values))
    counts = [[b, bins.count(b)] for b in sorted(set(bins))]
    return (f'    {{"site": "{site}", "count": {len(values)}, "nan": 0, "inf": 0, '
            f'"zero": {values.count(0.0)}, "min": {shortest(values[0])}, '
            f'"max": {shortest(values[1])}, "histogram": {counts}}}')


def main():
    ranges = dict(argument.split("=") for argument in sys.argv[2:])
    sites = sorted(set(re.findall(r'#qdot\.site<"([^"]+)">', sys.stdin.read())))
    unknown = set(ranges) - {site.rsplit("#")[0] for site in sites}
    if unknown:
        sys.exit(f"no such sites: {sorted(unknown)}, there are {sites}")
    model = fnv1a64("".join(site + "\n" for site in sites).encode())
    records = [record(site, *ranges.get(site.rsplit("#")[0], "-1:1").split(":"))
               for site in sites]
    text = ('{\n  "format": "qdot-statistics",\n  "version": 1,\n'
            f'  "tool": "make_statistics.py",\n  "model": "{model:016x}",\n'
            '  "values": [\n' + ",\n".join(records) + "\n  ],\n  ")
    with open(sys.argv[1], "w") as file:
        file.write(text + f'"checksum": "fnv1a64:{fnv1a64(text.encode()):016x}"'
                   "\n}\n")


main()
