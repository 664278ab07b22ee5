#!/usr/bin/python3
#===- range_methods.py - Range methods against exact implementations ------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""range_methods.py --build BUILD --temp DIR [--full] [--print]

Calibrates a model with one argument per distribution, quantizes it with every
range method, and compares scale and zero point with slow implementations that
look at the numbers themselves, in f64. The histogram has bins of up to 12.5 %,
so equality is not to be had; the tolerances are stated in TOLERANCE (scale, of
methods that are formulas) and EXCESS (the quantity that a search makes small,
against its exact minimum; the divergence is not smooth, so the least one within
3 % of the threshold counts)."""

import argparse
import pathlib
import re
import subprocess
import sys

import numpy as np
from scipy import special, stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import driver  # noqa: E402

SAMPLES, WIDTH = 16, 2048
# How far a scale may be from the exact one, relative.
TOLERANCE = {"minmax": 1e-6, "mean-extremes": 1e-6, "moving-average": 1e-6, "percentile:99": 0.02, "percentile:99.9": 0.02,
             "percentile:99.99": 0.03, "aciq-gauss": 0.01, "aciq-laplace": 0.01,
             "octav": 0.02}
# How much more than the exact minimum a search may leave: relative, and plus a
# constant (nats of divergence).
EXCESS = {"mse": (0.02, 1e-12), "entropy": (0.05, 1.5e-3)}


# --- data ------------------------------------------------------------------


def distributions():
    """Eight arrays of SAMPLES x WIDTH f32, in a fixed random order. Values are
    quantiles, so the sample is as smooth as its distribution."""
    count = SAMPLES * WIDTH
    p = (np.arange(count) + 0.5) / count
    half = (np.arange(count // 2) + 0.5) / (count // 2)
    heavy = stats.t(3).ppf(p)
    heavy[[0, -1]] = -150, 200
    arrays = {
        "normal": stats.norm(0.3, 1.1).ppf(p),
        "laplace": stats.laplace(-0.1, 0.7).ppf(p),
        "uniform": -1 + 3 * p,
        "relu": np.maximum(stats.norm(0, 2).ppf(p), 0),
        "bimodal": np.concatenate([stats.norm(-3, 0.5).ppf(half),
                                   stats.norm(4, 0.8).ppf(half)]),
        "heavy": heavy,
        "constant": np.full(count, 1.7),
        "negative": -stats.expon(scale=0.4).ppf(p) - 0.05}
    random = np.random.default_rng(5)
    return {name: random.permutation(x).astype(np.float32)
            .reshape(SAMPLES, WIDTH) for name, x in arrays.items()}


def model_text(names):
    """A function that adds each argument to itself."""
    kind = f"tensor<1x{WIDTH}xf32>"
    lines = [f"  %e = tensor.empty() : {kind}"]
    for i in range(len(names)):
        lines.append(f"  %y{i} = linalg.add ins(%x{i}, %x{i} : {kind}, {kind}) "
                     f"outs(%e : {kind}) -> {kind}")
    arguments = ", ".join(f"%x{i}: {kind}" for i in range(len(names)))
    results = ", ".join(f"%y{i}" for i in range(len(names)))
    kinds = ", ".join([kind] * len(names))
    return (f"func.func @main({arguments}) -> ({kinds}) {{\n"
            + "\n".join(lines) + f"\n  return {results} : {kinds}\n}}\n")


# --- schemes ---------------------------------------------------------------


class Scheme:
    """Codes of `bits` bits; symmetry and narrow as in activation-scheme."""

    def __init__(self, bits, words=()):
        self.bits, self.words = bits, words
        self.low = -2 ** (bits - 1) + ("narrow" in words)
        self.high = 2 ** (bits - 1) - 1
        self.levels = self.high - self.low + 1

    def is_one_sided(self, x):
        """True when all codes can serve one sign."""
        if "symmetric" in self.words:
            return False
        if "unsigned" in self.words:
            return x.min() >= 0
        return x.min() >= 0 or x.max() <= 0

    def centered(self):
        return "symmetric" in self.words or "unsigned" in self.words

    def params(self, low, high):
        """Rules Q3, Q4 and C1 in f64, the scale rounded to f32."""
        low, high = min(low, 0.0), max(high, 0.0)
        symmetric = "symmetric" in self.words or (
            "unsigned" in self.words and low < 0)
        if low == high == 0:
            return 1.0, 0
        if symmetric:
            step = max(-low, high) / self.high
        else:
            step = (high - low) / (self.high - self.low)
        scale = float(np.float32(step))
        if "power-of-two" in self.words:
            scale = 2.0 ** np.ceil(np.log2(scale))
        if symmetric:
            return scale, 0
        zero = np.rint(self.low - low / scale)
        return scale, int(np.clip(zero, self.low, self.high))

    def error(self, x, params):
        """Mean square of what quantization changes."""
        scale, zero = params
        codes = np.clip(np.rint(x / scale) + zero, self.low, self.high)
        return float(np.mean((scale * (codes - zero) - x) ** 2))


# --- exact methods ---------------------------------------------------------


def minmax(x, scheme):
    return x.min(), x.max()


def percentile(p):
    return lambda x, scheme: (np.quantile(x, 1 - p / 100),
                              np.quantile(x, p / 100))


def aciq_factor(laplace, levels):
    """Lambert's W for Laplace; Newton's method for Gauss."""
    if laplace:
        return float(special.lambertw(3 * levels ** 2).real)
    a = 3.0
    for _ in range(100):
        f = (a * (special.erfc(a / 2 ** 0.5) + 1 / (3 * levels ** 2))
             - (2 / np.pi) ** 0.5 * np.exp(-a * a / 2))
        a -= f / (special.erfc(a / 2 ** 0.5) + 1 / (3 * levels ** 2))
    return a


def aciq(laplace):
    def method(x, scheme):
        def deviation(values, center):
            if laplace:
                return np.mean(np.abs(values - center))
            return np.mean((values - center) ** 2) ** 0.5
        if scheme.is_one_sided(x):
            m = np.abs(x[x != 0])
            clip = aciq_factor(laplace, 2 * scheme.levels) * deviation(m, 0)
            center = 0
        else:
            center = 0 if scheme.centered() else x.mean()
            clip = aciq_factor(laplace, scheme.levels) * deviation(x, center)
        return max(x.min(), center - clip), min(x.max(), center + clip)
    return method


def octav(x, scheme):
    m = np.abs(x[x != 0])
    noise = 1 / (3 * scheme.levels ** 2)
    if scheme.is_one_sided(x):
        noise /= 4
    clip = m.mean()
    for _ in range(50):
        above = m > clip
        if not above.any():
            clip = m.max()
            break
        clip = m[above].sum() / (noise * (~above).sum() + above.sum())
    return max(x.min(), -clip), min(x.max(), clip)


def mse_minimum(x, scheme):
    """The least error over a fine grid of ranges."""
    shrink = 2.0 ** -np.arange(0, 10, 1 / 8)
    low, high = min(x.min(), 0), max(x.max(), 0)

    def error(a, b):
        return scheme.error(x, scheme.params(a, b))
    if scheme.centered() or low == 0 or high == 0:
        top = max(-low, high)
        return min(error(max(low, -top * s), min(high, top * s))
                   for s in shrink)
    _, a, b = min((error(low * s, high * s), low * s, high * s)
                  for s in shrink)
    for _ in range(2):
        _, b = min((error(a, high * s), high * s) for s in shrink)
        _, a = min((error(low * s, b), low * s) for s in shrink)
    return error(a, b)


def divergence(bins, kept, levels):
    """TensorRT's: outliers go to the last bin of p; q has `levels` steps."""
    p = bins[:kept].copy()
    p[-1] += bins[kept:].sum()
    q = np.zeros(kept)
    for level in range(levels):
        part = slice(level * kept // levels, (level + 1) * kept // levels)
        used = p[part] > 0
        if used.any():
            q[part][used] = bins[:kept][part].sum() / used.sum()
    if ((q == 0) & (p > 0)).any():
        return np.inf
    p, q = p / p.sum(), q / q.sum()
    used = p > 0
    return float((p[used] * np.log(p[used] / q[used])).sum())


def entropy_of(x, scheme, params):
    """The least divergence, and the one at the threshold of `params`."""
    m = np.abs(x[x != 0])
    bins = np.histogram(m, 2048, (0, m.max()))[0].astype(np.float64)
    levels = min(2048, scheme.levels if scheme.is_one_sided(x)
                 else (scheme.levels + 1) // 2)
    scale, zero = params
    reach = min(scale * max(scheme.high - zero, zero - scheme.low), m.max())

    def at(threshold):
        kept = int(np.clip(round(threshold / m.max() * 2048), levels, 2048))
        return divergence(bins, kept, levels)
    return (min(divergence(bins, kept, levels)
                for kept in range(2048, levels - 1, -8)),
            min(at(reach * f) for f in np.linspace(0.97, 1.03, 25)))


def mean_extremes(x, scheme):
    """A sample is a row of WIDTH values."""
    rows = x.reshape(-1, WIDTH)
    return rows.min(1).mean(), rows.max(1).mean()


def moving_average(x, scheme):
    """The mean of an actual moving average over many orders of the samples;
    the exact mean over all of them is that of the extremes."""
    rows, random = x.reshape(-1, WIDTH), np.random.default_rng(0)
    ends = np.stack([rows.min(1), rows.max(1)])
    sums, orders = np.zeros(2), 2000
    for _ in range(orders):
        order = ends[:, random.permutation(len(rows))]
        average = order[:, 0]
        for sample in order[:, 1:].T:
            average = 0.9 * average + 0.1 * sample
        sums += average
    spread = np.ptp(ends, axis=1)
    assert (abs(sums / orders - ends.mean(1)) <= 0.05 * spread + 1e-6).all()
    return ends.mean(1)


EXACT = {"minmax": minmax, "mean-extremes": mean_extremes,
         "moving-average": moving_average, "percentile:99": percentile(99),
         "percentile:99.9": percentile(99.9),
         "percentile:99.99": percentile(99.99), "aciq-gauss": aciq(False),
         "aciq-laplace": aciq(True), "octav": octav}


# --- comparison ------------------------------------------------------------


def quantized_params(build, model, stats, count, method, scheme):
    """(scale, zero point) of each argument as the pass chooses them."""
    options = (f"stats={stats} range={method} activation-bits={scheme.bits}"
               + (" activation-scheme=" + ",".join(scheme.words)
                  if scheme.words else ""))
    done = subprocess.run(
        [build / "bin" / "qdot-opt", model,
         f"--qdot-annotate-values={options}"],
        text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found = re.findall(r'main/input_(\d+)#.*?!quant.uniform<i\d+(?:<[-\d:]+>)?'
                       r':f32, ([^:>]+)(?::(-?\d+))?>', done.stdout)
    by_number = {int(n): (float(s), int(z or 0)) for n, s, z in found}
    return [by_number[i] for i in range(count)]


def problem_of(name, x, method, scheme, params):
    """(what was measured, what is wrong with it or None)."""
    if method in EXCESS:
        if method == "mse":
            least, reached = mse_minimum(x, scheme), scheme.error(x, params)
        else:
            least, reached = entropy_of(x, scheme, params)
        relative, constant = EXCESS[method]
        return (f"{reached:.6g}, least {least:.6g}",
                reached > least * (1 + relative) + constant)
    wanted = scheme.params(*EXACT[method](x, scheme))
    off = abs(params[0] / wanted[0] - 1)
    zero_off = abs(params[1] - wanted[1])
    allowed = TOLERANCE[method]
    steps = 0 if allowed < 1e-5 else 1 + allowed * scheme.levels
    return f"scale {off:.4f}, zero point {zero_off}", (
        off > allowed or zero_off > steps)


def cases(full):
    """(methods, scheme) pairs."""
    methods = list(EXACT) + list(EXCESS)
    yield methods, Scheme(8)
    yield methods, Scheme(4)
    yield ["minmax", "percentile:99.9", "aciq-gauss", "octav"], Scheme(16)
    forms = [("symmetric",), ("unsigned",), ("narrow",),
             ("symmetric", "narrow"), ("power-of-two",),
             ("symmetric", "power-of-two")]
    for words in forms:
        yield ["minmax", "mse"], Scheme(4, words)
        if full:
            yield methods[:4] + ["mse"], Scheme(8, words)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--temp", type=pathlib.Path, required=True)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--print", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    options.temp.mkdir(parents=True, exist_ok=True)
    data, paths = distributions(), []
    model, stats_path = (options.temp / n for n in ("model.mlir", "s.json"))
    model.write_text(model_text(data))
    for name, x in data.items():
        paths.append(options.temp / f"{name}.npy")
        np.save(paths[-1], x)
    driver.Driver(options.build).calibrate(model, paths, stats_path)
    checked = failed = 0
    for methods, scheme in cases(options.full):
        for method in methods:
            chosen = quantized_params(options.build, model, stats_path,
                                      len(data), method, scheme)
            for (name, x), params in zip(data.items(), chosen):
                text, wrong = problem_of(name, x.astype(np.float64).ravel(),
                                         method, scheme, params)
                checked += 1
                failed += bool(wrong)
                if wrong or options.print:
                    print(f"{'FAILED ' if wrong else ''}{method} {name} "
                          f"{scheme.bits} bits {' '.join(scheme.words)}: "
                          f"{text}")
    print(f"{checked} ranges, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
