#!/usr/bin/python3
#===- tosa_vectors.py - Integer TOSA against the specification ------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""tosa_vectors.py --temp DIR [--count N] [--seed S] [--targets T...]

Writes functions of one TOSA operation on integers, mostly with a RESCALE behind
it as TFLite's conversion makes it, on full-range data with any zero points, runs
them with 'qdot run' and compares every element with the pseudocode of the TOSA
1.0 specification, transcribed in numpy: CONV2D, DEPTHWISE_CONV2D,
TRANSPOSE_CONV2D, MATMUL, AVG_POOL2D, MAX_POOL2D, RESCALE, RESIZE, TABLE, and
ADD and MUL between rescales. Case i is the same for every count."""

import argparse
import pathlib
import subprocess
import sys

import numpy as np

LIMITS = {"i8": (-128, 127), "u8": (0, 255), "i16": (-2**15, 2**15 - 1),
          "i32": (-2**31, 2**31 - 1)}
DTYPES = {"i8": np.int8, "u8": np.uint8, "i16": np.int16, "i32": np.int32}


def signless(element):
    return element.replace("u", "i")


def tensor(shape, element):
    return f"tensor<{''.join(f'{s}x' for s in shape)}{element}>"


def integers(rng, shape, element):
    """Full range, both ends often."""
    low, high = LIMITS[element]
    values = rng.integers(low, high + 1, shape)
    where = rng.random(shape)
    return np.where(where < 0.1, low, np.where(where > 0.9, high, values))


def arrays(values):
    return f"array<i64: {', '.join(str(v) for v in values)}>"


class Function:
    """The text of a function; values are (name, type, integers)."""

    def __init__(self, rng):
        self.rng, self.lines, self.arguments = rng, [], []
        self.isDynamic = rng.random() < 0.3

    def emit(self, text, kind, data):
        name = f"%{len(self.lines)}"
        self.lines.append(f"  {name} = {text}")
        return name, kind, np.asarray(data)

    def typeOf(self, shape, element):
        """Everything but constants has the batch on its first axis."""
        first = ["?"] if self.isDynamic else shape[:1]
        return tensor([*first, *shape[1:]], element)

    def argument(self, shape, element):
        data = integers(self.rng, shape, element)
        kind = self.typeOf(shape, signless(element))
        self.arguments.append((kind, data.astype(DTYPES[element]).view(
            DTYPES[signless(element)])))
        return f"%x{len(self.arguments) - 1}", kind, data

    def constant(self, data, element):
        data = np.atleast_1d(data)
        kind = tensor(data.shape, element)
        nested = data.tolist() if element != "i8" else data.astype(
            np.int8).tolist()
        return self.emit(f'"tosa.const"() {{values = dense<{nested}> : {kind}}}'
                         f" : () -> {kind}", kind, data)

    def shape(self, values):
        values = [int(v) for v in values]
        kind = f"!tosa.shape<{len(values)}>"
        return self.emit(f"tosa.const_shape {{values = dense<{values}> : "
                         f"tensor<{len(values)}xindex>}} : () -> {kind}",
                         kind, values)

    def op(self, name, operands, attributes, element, data):
        kind = self.typeOf(data.shape, element)
        names = ", ".join(o[0] for o in operands)
        types = ", ".join(o[1] for o in operands)
        return self.emit(f"tosa.{name} {names} {{{attributes}}} : ({types}) -> "
                         f"{kind}", kind, data)

    def zero(self):
        return int(self.rng.choice([0, -128, 127, self.rng.integers(-128, 128)]))

    def text(self, result):
        arguments = ", ".join(f"%x{i}: {kind}"
                              for i, (kind, _) in enumerate(self.arguments))
        return (f"func.func @main({arguments}) -> {result[1]} {{\n"
                + "\n".join(self.lines)
                + f"\n  return {result[0]} : {result[1]}\n}}\n")


#===-----------------------------------------------------------------------===#
# RESCALE
#===-----------------------------------------------------------------------===#


def apply_scale(values, multiplier, shift, is_double):
    """apply_scale_32, and apply_scale_16 without double rounding."""
    values = values.astype(object)
    extra = 1 << 30 if is_double and shift > 31 else 0
    rounding = (1 << (shift - 1)) + np.where(values >= 0, extra, -extra)
    return (values * multiplier + rounding) >> shift


def choose_scale(rng, values, bits, goal):
    """A multiplier and a shift that bring the largest value to about `goal`."""
    largest = max(1, int(np.abs(values).max()))
    fraction, exponent = np.frexp(goal / largest * rng.uniform(0.3, 2.5))
    multiplier, shift = int(fraction * 2**bits), int(bits - exponent)
    if shift > 62:
        multiplier, shift = 0, 62
    # The specification wants |value| < 2^(shift - 1).
    return multiplier, max(shift, 2, largest.bit_length() + 1)


def rescale(f, value, source, target, zeros=(0, 0), goal=None, channels=False):
    """`source` and `target` are elements, unsigned ones by name."""
    rng = f.rng
    goal = goal or {"i8": 100, "u8": 150, "i16": 3e4, "i32": 1e6}[target]
    is_wide = bool(rng.random() < 0.75)
    is_double = is_wide and bool(rng.random() < 0.5)
    data = value[2].astype(np.int64) - zeros[0]
    parts = np.moveaxis(data, -1, 0) if channels else data[None]
    scales = [choose_scale(rng, p, 31 if is_wide else 15, goal) for p in parts]
    scaled = np.stack([apply_scale(p, m, s, is_double)
                       for p, (m, s) in zip(parts, scales)])
    scaled = np.moveaxis(scaled, 0, -1) if channels else scaled[0]
    low, high = LIMITS[target]
    result = np.clip(scaled + zeros[1], low, high).astype(np.int64)
    operands = [value,
                f.constant([m for m, _ in scales], "i32" if is_wide else "i16"),
                f.constant([s for _, s in scales], "i8"),
                f.constant(zeros[0], signless(source)),
                f.constant(zeros[1], signless(target))]
    rounding = "DOUBLE_ROUND" if is_double else "SINGLE_ROUND"
    return f.op("rescale", operands,
                f"scale32 = {str(is_wide).lower()}, rounding_mode = {rounding}, "
                f"per_channel = {str(channels).lower()}, "
                f"input_unsigned = {str(source[0] == 'u').lower()}, "
                f"output_unsigned = {str(target[0] == 'u').lower()}",
                signless(target), result)


def finish(f, accumulator):
    """The sum itself, or rescaled to some type."""
    target = f.rng.choice(["i32", "i8", "u8", "i16"])
    if f.rng.random() < 0.25:
        return accumulator
    zero = int(f.rng.integers(*LIMITS[target])) if "8" in target else 0
    return rescale(f, accumulator, "i32", target, (0, zero),
                   channels=bool(f.rng.random() < 0.5))


#===-----------------------------------------------------------------------===#
# Operations
#===-----------------------------------------------------------------------===#


def choose_window(rng, size, kernel, stride, dilation):
    """Padding of both sides that leaves no element over, and the result."""
    reach = (kernel - 1) * dilation + 1
    before, after = (int(v) for v in rng.integers(0, 3, 2))
    after += max(0, reach - size - before - after)
    after += -(size + before + after - reach) % stride
    return before, after, (size + before + after - reach) // stride + 1


def convolution(f, is_depthwise):
    rng = f.rng
    height, width = (int(v) for v in rng.integers(1, 9, 2))
    channels, outputs = (int(v) for v in rng.choice([1, 2, 3, 4, 8, 16, 17], 2))
    kernel, stride = rng.integers(1, 4, 2).tolist(), rng.integers(1, 3, 2).tolist()
    dilation = rng.integers(1, 3, 2).tolist()
    windows = [choose_window(rng, *w)
               for w in zip((height, width), kernel, stride, dilation)]
    x = f.argument([int(rng.integers(1, 3)), height, width, channels], "i8")
    if is_depthwise:
        weights = integers(rng, [*kernel, channels, int(rng.integers(1, 3))], "i8")
        outputs = channels * weights.shape[-1]
    else:
        weights = integers(rng, [outputs, *kernel, channels], "i8")
    zeros = f.zero(), f.zero() if rng.random() < 0.3 else 0
    bias = rng.integers(-20000, 20000, outputs)
    padding = [(0, 0)] + [w[:2] for w in windows] + [(0, 0)]
    padded = np.pad(x[2] - zeros[0], padding)
    total = np.zeros([len(padded), windows[0][2], windows[1][2], outputs], int)
    for row, column in np.ndindex(*kernel):
        top, left = row * dilation[0], column * dilation[1]
        taken = padded[:, top:, left:][:, ::stride[0], ::stride[1]]
        taken = taken[:, :total.shape[1], :total.shape[2]]
        if is_depthwise:
            product = taken[..., None] * (weights[row, column] - zeros[1])
            total += product.reshape(total.shape)
        else:
            total += taken @ (weights[:, row, column] - zeros[1]).T
    pads = [p for w in windows for p in w[:2]]
    return finish(f, f.op(
        "depthwise_conv2d" if is_depthwise else "conv2d",
        [x, f.constant(weights, "i8"), f.constant(bias, "i32"),
         f.constant(zeros[0], "i8"), f.constant(zeros[1], "i8")],
        f"acc_type = i32, pad = {arrays(pads)}, stride = {arrays(stride)}, "
        f"dilation = {arrays(dilation)}", "i32", total + bias))


def transposed_convolution(f):
    rng = f.rng
    height, width, stride, kernel = rng.integers(1, 4, 4).tolist()
    channels, outputs = (int(v) for v in rng.choice([1, 3, 8, 17], 2))
    x = f.argument([2, height, width, channels], "i8")
    weights = integers(rng, [outputs, kernel, kernel, channels], "i8")
    zero, pads = f.zero(), rng.integers(0, 2, 4).tolist()
    bias = rng.integers(-20000, 20000, outputs)
    total = np.zeros([2, (height - 1) * stride + sum(pads[:2]) + kernel,
                      (width - 1) * stride + sum(pads[2:]) + kernel, outputs], int)
    for row, column, down, right in np.ndindex(height, width, kernel, kernel):
        total[:, row * stride + pads[0] + down,
              column * stride + pads[2] + right] += (
                  x[2][:, row, column] - zero) @ weights[:, down, right].T
    return finish(f, f.op(
        "transpose_conv2d",
        [x, f.constant(weights, "i8"), f.constant(bias, "i32"),
         f.constant(zero, "i8"), f.constant(0, "i8")],
        f"acc_type = i32, out_pad = {arrays(pads)}, "
        f"stride = {arrays([stride, stride])}", "i32", total + bias))


def matmul(f):
    rng = f.rng
    batch, rows, depth, columns = (int(v) for v in rng.choice(
        [1, 2, 3, 5, 16, 33], 4))
    x, y = (f.argument([batch, *s], "i8") for s in ((rows, depth),
                                                    (depth, columns)))
    zeros = f.zero(), f.zero()
    return finish(f, f.op(
        "matmul", [x, y, *(f.constant(z, "i8") for z in zeros)], "", "i32",
        (x[2] - zeros[0]) @ (y[2] - zeros[1])))


def pooling(f, is_average):
    rng = f.rng
    sizes, kernel = rng.integers(2, 8, 2).tolist(), rng.integers(1, 4, 2).tolist()
    stride = rng.integers(1, 3, 2).tolist()
    windows = []
    for size, k, s in zip(sizes, kernel, stride):
        before = int(rng.integers(0, k))
        after = -(size + before - k) % s
        if size + before < k or after >= k:
            before, after, s = 0, 0, 1
            kernel[len(windows)] = k = min(k, size)
            stride[len(windows)] = 1
        windows.append((before, after, (size + before + after - k) // s + 1))
    x = f.argument([2, *sizes, int(rng.choice([1, 3, 16, 17]))], "i8")
    zeros = (f.zero(), f.zero())
    total = np.zeros([2, windows[0][2], windows[1][2], x[2].shape[3]], int)
    for row, column in np.ndindex(*total.shape[1:3]):
        top, left = row * stride[0] - windows[0][0], column * stride[1] - windows[1][0]
        taken = x[2][:, max(0, top):top + kernel[0], max(0, left):left + kernel[1]]
        if not is_average:
            total[:, row, column] = taken.max((1, 2))
            continue
        count = taken.shape[1] * taken.shape[2]
        bits = (count - 1).bit_length()
        mean = apply_scale((taken - zeros[0]).sum((1, 2)),
                           (((1 << 30) + 1) << bits) // count, 30 + bits, False)
        total[:, row, column] = np.clip(mean + zeros[1], -128, 127)
    attributes = (f"kernel = {arrays(kernel)}, stride = {arrays(stride)}, "
                  f"pad = {arrays([p for w in windows for p in w[:2]])}")
    if not is_average:
        return f.op("max_pool2d", [x], attributes, "i8", total)
    return f.op("avg_pool2d", [x, *(f.constant(z, "i8") for z in zeros)],
                attributes + ", acc_type = i32", "i8", total)


def resize(f):
    rng = f.rng
    sizes = rng.integers(1, 6, 2).tolist()
    steps = [(int(rng.choice([2, 3, 4])), int(rng.choice([1, 2]))) for _ in "yx"]
    offset = [int(rng.integers(-n, n)) for n, _ in steps]
    border, places = [], []
    for size, (n, d), o in zip(sizes, steps, offset):
        border.append(-((size - 1) * n - o) % d)
        end = ((size - 1) * n - o + border[-1]) // d + 1
        border[-1] += max(0, 1 - end) * d
        places.append([divmod(i * d + o, n) for i in range(max(1, end))])
    x = f.argument([2, *sizes, 3], "i8")
    is_linear = bool(rng.random() < 0.6)
    result = np.zeros([2, len(places[0]), len(places[1]), 3], int)
    for (row, (y, fy)), (column, (z, fz)) in (
            (a, b) for a in enumerate(places[0]) for b in enumerate(places[1])):
        def at(down, right):
            return x[2][:, np.clip(y + down, 0, sizes[0] - 1),
                        np.clip(z + right, 0, sizes[1] - 1)]
        ny, nz = steps[0][0], steps[1][0]
        if is_linear:
            result[:, row, column] = (
                at(0, 0) * (ny - fy) * (nz - fz) + at(0, 1) * (ny - fy) * fz
                + at(1, 0) * fy * (nz - fz) + at(1, 1) * fy * fz)
        else:
            result[:, row, column] = at(2 * fy >= ny, 2 * fz >= nz)
    return f.op("resize",
                [x, f.shape([v for s in steps for v in s]), f.shape(offset),
                 f.shape(border)],
                f"mode = {'BILINEAR' if is_linear else 'NEAREST_NEIGHBOR'}",
                "i32" if is_linear else "i8", result)


def table(f):
    shape = [2, *f.rng.integers(1, 20, 2).tolist()]
    if f.rng.random() < 0.5:
        x, entries = f.argument(shape, "i8"), integers(f.rng, 256, "i8")
        return f.op("table", [x, f.constant(entries, "i8")], "", "i8",
                    entries[x[2] + 128])
    x, entries = f.argument(shape, "i16"), integers(f.rng, 513, "i16")
    index, fraction = np.divmod(x[2] + 2**15, 128)
    result = entries[index] * 128 + (entries[index + 1] - entries[index]) * fraction
    return f.op("table", [x, f.constant(entries, "i16")], "", "i32", result)


def elementwise(f):
    """As TFLite's ADD and MUL: both operands to i32, then back."""
    rng = f.rng
    # Two open batches may differ for TOSA, so that it broadcasts with scf.if,
    # which the interpreter lacks.
    f.isDynamic = False
    shape = [2, *rng.integers(1, 20, 2).tolist()]
    is_sum = bool(rng.random() < 0.5)
    sides = []
    for _ in range(2):
        element = str(rng.choice(["i8", "u8", "i16"]))
        zero = int(rng.integers(*LIMITS[element])) if "8" in element else 0
        sides.append(rescale(f, f.argument(shape, element), element, "i32",
                             (zero, 0), goal=2**20 if is_sum else 120))
    if is_sum:
        result = f.op("add", sides, "", "i32", sides[0][2] + sides[1][2])
    else:
        result = f.op("mul", [*sides, f.constant(0, "i8")], "", "i32",
                      sides[0][2] * sides[1][2])
    return finish(f, result)


OPERATIONS = [
    lambda f: convolution(f, False), lambda f: convolution(f, True),
    transposed_convolution, matmul, lambda f: pooling(f, True),
    lambda f: pooling(f, False), resize, table, elementwise]


#===-----------------------------------------------------------------------===#
# Running
#===-----------------------------------------------------------------------===#


def run(*command):
    """What a command prints to stderr when it fails; else nothing."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def is_exact(what, error, path, want):
    """Whether a run without an error wrote what it should."""
    if error:
        print(f"{what}: {error}")
        return False
    got = np.load(path)
    if np.array_equal(got, want):
        return True
    print(f"{what}: {(got != want).sum()} of {want.size} elements differ")
    return False


def run_cases(check, description, count):
    """The program around `check(number, options)`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--temp", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--targets", nargs="+", default=["reference", "generic"])
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    failed = sum(not check(number, options) for number in range(options.count))
    print(f"{options.count} cases, {failed} failed")
    sys.exit(failed != 0)


def check(number, options):
    """Whether a target computes case `number` exactly."""
    turn, operation = divmod(number, len(OPERATIONS))
    target, temp = options.targets[turn % len(options.targets)], options.temp
    f = Function(np.random.default_rng([options.seed, number]))
    result = OPERATIONS[operation](f)
    (temp / "model.mlir").write_text(f.text(result))
    data = []
    for index, (_, array) in enumerate(f.arguments):
        np.save(temp / f"x{index}.npy", array)
        data += ["--data", temp / f"x{index}.npy"]
    error = run("qdot", "run", "--quiet", temp / "model.mlir", *data, "-o",
                temp / "out.npy", "--target", target)
    # Results are signless; i48 comes as int64.
    element = result[1].rstrip(">").rsplit("x", 1)[1]
    want = result[2].astype(DTYPES.get(element, np.int64))
    return is_exact(f"case {number} on {target}", error, temp / "out.npy", want)


if __name__ == "__main__":
    run_cases(check, __doc__, 90)
