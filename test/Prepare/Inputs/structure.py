#!/usr/bin/python3
#===- structure.py - What a prepared model computes ------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""structure.py MODEL VARIANT...

Fails unless all files compute the same, up to names, types and layout. Each op
is described by its kind, its operands (numbers of earlier ops, arguments) and
its constants (digests that ignore the order of elements), so NHWC and NCHW,
dense and dense_resource look alike. The files must be printed with
--mlir-print-elementsattrs-with-hex-if-larger=1. The description stops at the
first reduction by maximum: importers spell softmax differently.
"""

import difflib
import hashlib
import re
import sys

import numpy as np


def digest(values):
    """A digest of the multiset of f32 bit patterns."""
    bits = np.sort(np.asarray(values, dtype="<f4").view("<u4"))
    return f"{len(bits)}:" + hashlib.sha256(bits.tobytes()).hexdigest()[:16]


def element_count(type_text):
    count = 1
    for size in re.findall(r"(\d+)x", type_text):
        count *= int(size)
    return count


def constant(text, resources):
    """The digest of a constant tensor, the text of a scalar."""
    match = re.match(r'dense<"0x([0-9A-F]*)"> : tensor<', text)
    if match:
        return digest(np.frombuffer(bytes.fromhex(match[1]), "<f4"))
    match = re.match(r"dense_resource<(\S+)> : ", text)
    if match:
        return digest(resources[match[1]])
    match = re.match(r"dense<\[*([-+0-9.Ee]+)\]*> : tensor<(.*)f32>", text)
    if match:
        return digest([np.float32(match[1])] * element_count(match[2]))
    return text.split(" : ")[0]


def read_resources(text):
    pattern = r'^\s+([\w.]+): "0x([0-9A-F]+)"'
    return {name: np.frombuffer(bytes.fromhex(data)[4:], "<f4")
            for name, data in re.findall(pattern, text, re.M)}


def kind_of(name, body):
    """The kind of an op, without the layout that the name mentions."""
    name = re.sub(r"_(nhwc|nchw|hwcf|fhwc|fchw|hwc|chw)\b", "", name)
    name = re.sub(r"_(nhwc|nchw|hwcf|fhwc|fchw|hwc|chw)(?=_|$)", "", name)
    ops = [op for op in re.findall(r"= ([a-z]+\.\w+)", body)
           if op != "arith.constant"]
    return f"{name}({' '.join(ops)})" if ops else name


def describe(text):
    resources = read_resources(text)
    names, lines, number = {}, [], 0
    ops = re.finditer(r"^    (%\w+) = ([a-z]+\.\w+)(.*?)\n(?=    [%r}])", text,
                      re.M | re.S)
    for match in ops:
        name, op, rest = match.groups()
        if op == "arith.constant":
            names[name] = constant(rest.strip(), resources)
            continue
        if op in ("tensor.empty", "tensor.dim"):
            names[name] = op
            continue
        head, _, body = rest.partition("\n")
        operands = [names.get(operand, operand)
                    for operand in re.findall(r"%\w+", head)]
        inner = [names[operand] for operand in re.findall(r"%\w+", body)
                 if operand in names]
        if op in ("linalg.fill", "linalg.broadcast"):
            names[name] = f"{op}({operands[0]})"
            continue
        kind = kind_of(op, body)
        if "reduction" in head and "maximumf" in body:
            break
        if op == "linalg.generic":
            operands = operands[:-1]
        lines.append(f"{number} {kind} {' '.join(operands + inner)}")
        names[name] = f"#{number}"
        number += 1
    return lines


def main():
    texts = {path: describe(open(path, encoding="utf-8").read())
             for path in sys.argv[1:]}
    first, *others = texts
    print("\n".join(texts[first]))
    same = len(texts[first]) > 0
    for path in others:
        for line in difflib.unified_diff(texts[first], texts[path], first, path,
                                         lineterm=""):
            same = False
            print(line)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
