#!/usr/bin/python3
#===- check_variants.py - What each variant of an object is made of --------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_variants.py OBJECT: disassembles an object for generic, x86-avx2,
x86-avxvnni and x86-avx512vnni. Every function of a variant must keep to its
registers and instructions; those without a suffix, which run everywhere, to the
baseline."""

import re
import subprocess
import sys

text = subprocess.run(["llvm-objdump", "-d", "--no-show-raw-insn", sys.argv[1]],
                      capture_output=True, text=True, check=True).stdout
variants = {}
for name, code in re.findall(r"^[0-9a-f]+ <([^>]+)>:\n((?:.+\n)*)", text, re.M):
    variant = name.partition(".")[2].partition(".")[0] or "dispatch"
    variants[variant] = variants.get(variant, "") + code
assert set(variants) == {"dispatch", "generic", "x86_avx2", "x86_avxvnni",
                         "x86_avx512vnni"}, sorted(variants)

WIDE, VECTOR, ANY_VEX = r"%zmm|%k[0-7]", r"%ymm", r"\tv[a-z]|%[yz]mm"
DOT, WIDENED = r"vpdpbusd", r"vpmadd(ubsw|wd)"
RULES = {  # What must occur, what must not.
    "dispatch": ([r"cpuid", r"xgetbv"], [ANY_VEX]),
    "generic": ([r"%xmm"], [ANY_VEX]),
    "x86_avx2": ([VECTOR, WIDENED], [WIDE, DOT]),
    "x86_avxvnni": ([VECTOR, r"\{vex\}\s+vpdpbusd"], [WIDE]),
    "x86_avx512vnni": ([r"vpdpbusd.*%zmm"], [r"\{vex\}"]),
}
for variant, (present, absent) in RULES.items():
    for pattern in present:
        assert re.search(pattern, variants[variant]), (variant, pattern)
    for pattern in absent:
        found = re.search(pattern, variants[variant])
        assert not found, (variant, found[0])
print("every variant keeps to its instructions")
