#!/usr/bin/python3
#===- interrupt.py - Calibrations that do not come to their end ----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""interrupt.py --temp FOLDER --model MODEL [--rounds 3]

Interrupts and kills `qdot calibrate --resume` at random moments until it is
done. The result must be that of one run, byte for byte; at every moment the
output is absent or whole. Then checks what a continuation refuses.
"""

import argparse
import pathlib
import random
import signal
import subprocess
import sys
import time

import numpy as np


def calibrate(options, output, *more, data):
    return ["qdot", "calibrate", options.model, "--quiet", "--data", str(data),
            "-o", str(output), "--threads=2", "--batch=8", *more]


def run(command):
    return subprocess.run(command, text=True, stderr=subprocess.STDOUT,
                          stdout=subprocess.PIPE)


def expect(condition, what):
    if not condition:
        sys.exit(what)


def interrupt(options, data, whole, number):
    """Returns how often the run was stopped before it ended."""
    rng = random.Random(number)
    output = options.temp / f"out{number}.json"
    partial = pathlib.Path(f"{output}.partial")
    output.unlink(missing_ok=True)
    partial.unlink(missing_ok=True)
    stops = 0
    while True:
        process = subprocess.Popen(
            calibrate(options, output, "--resume", "--checkpoint=0.01",
                      data=data), text=True, stderr=subprocess.PIPE)
        try:
            process.wait(options.start + rng.uniform(0, options.length))
        except subprocess.TimeoutExpired:
            process.send_signal(rng.choice([signal.SIGKILL, signal.SIGINT,
                                            signal.SIGTERM]))
        said = process.communicate()[1]
        if process.returncode == 0:
            break
        stops += 1
        expect(process.returncode < 0 or "interrupted after" in said, said)
        if output.exists():
            expect(output.read_bytes() == whole, "a torn output")
        options.length *= 1.1  # a slow machine must get to the end, too
    expect(output.read_bytes() == whole, "another file than that of one run")
    expect(not partial.exists(), "the state was left behind")
    return stops


def check_refusals(options, data, samples):
    output = options.temp / "refuse.json"
    partial = pathlib.Path(f"{output}.partial")
    for _ in range(50):
        partial.unlink(missing_ok=True)
        process = subprocess.Popen(calibrate(options, output, "--checkpoint=0",
                                             data=data))
        while process.poll() is None and not partial.exists():
            time.sleep(0.001)
        process.kill()
        process.wait()
        if partial.exists():
            break
    expect(partial.exists(), "no state was written")
    refused = lambda *more, at=data: run(
        calibrate(options, output, "--resume", *more, data=at)).stdout
    expect("expected the state of samples 0:3, got that of 0:"
           in refused("--samples=0:3"), "other samples")
    expect("the model, the data or the options have changed"
           in refused("--channel-axis=-1"), "another option")
    other = options.temp / "other.npy"
    np.save(other, np.concatenate([samples[:1] * 0.5, samples[1:]]))
    expect("the samples have changed" in refused(at=other), "other data")
    shown = run(["qdot", "stats", "show", str(partial)]).stdout
    expect("that was interrupted at" in shown, shown)
    partial.write_text(partial.read_text()[:-30])
    expect("refuse.json.partial:" in refused(), "a damaged state")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(1).normal(size=(200000, 4)).astype("f4")
    data = options.temp / "data.npy"
    np.save(data, samples)
    whole = options.temp / "whole.json"
    # How long a run takes before the first sample, and for all of them.
    begin = time.time()
    expect(run(calibrate(options, options.temp / "one.json", "--samples=0:1",
                         data=data)).returncode == 0, "one sample")
    options.start = 0.8 * (time.time() - begin)
    begin = time.time()
    result = run(calibrate(options, whole, data=data))
    expect(result.returncode == 0, result.stdout)
    options.length = max(0.1, 0.5 * (time.time() - begin))
    stops = sum(interrupt(options, data, whole.read_bytes(), number)
                for number in range(options.rounds))
    check_refusals(options, data, samples)
    print(f"{options.rounds} calibrations, stopped {stops} times")


main()
