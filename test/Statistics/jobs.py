#!/usr/bin/python3
#===- jobs.py - One calibration as many jobs -----------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""jobs.py {parallel|mpi|shards} --temp FOLDER --model MODEL [--rounds N]

Runs `qdot calibrate` once, and then as the jobs of docs/Statistics.md: under
GNU parallel, under OpenMPI, or as random shards of a random order with random
threads and batches. Every way must give the file of the one run, byte for byte.
"""

import argparse
import hashlib
import os
import pathlib
import random
import subprocess
import sys

import numpy as np


def run(command, **more):
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, **more)
    if result.returncode:
        sys.exit(f"{command}: exit {result.returncode}\n{result.stdout}")
    return result.stdout


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


class Jobs:
    def __init__(self, options):
        self.options = options
        self.temp = options.temp
        self.whole = self.temp / "whole.json"
        self.calibrate(self.whole)
        self.expected = md5(self.whole)

    def calibrate(self, output, *more, data=None):
        run(["qdot", "calibrate", self.options.model, "--quiet", "--data",
             str(data or self.options.data), "-o", str(output), *more])

    def check(self, path, what):
        if md5(path) != self.expected:
            sys.exit(f"{what}: another file than that of one run")

    def parallel(self):
        """GNU parallel: shards to files, and shards into one file."""
        shards = [str(i) for i in range(5)]
        common = (f"qdot calibrate {self.options.model} --quiet --data "
                  f"{self.options.data} --samples={{}}/5")
        run(["parallel", "--will-cite", "-j2",
             common + f" -o {self.temp}/shard{{}}.json", ":::", *shards])
        merged = self.temp / "merged.json"
        run(["qdot", "stats", "merge",
             *(f"{self.temp}/shard{i}.json" for i in shards), "-o", merged])
        self.check(merged, "parallel")
        one = self.temp / "one.json"
        one.unlink(missing_ok=True)
        run(["parallel", "--will-cite", "-j3", common + f" --merge -o {one}",
             ":::", *shards])
        self.check(one, "parallel --merge")
        print("parallel: 2 ways, one file")

    def mpi(self):
        """OpenMPI: each rank takes its part and merges it."""
        one = self.temp / "mpi.json"
        one.unlink(missing_ok=True)
        command = (f"exec qdot calibrate {self.options.model} --quiet --data "
                   f"{self.options.data} --merge -o {one} "
                   "--samples=$OMPI_COMM_WORLD_RANK/$OMPI_COMM_WORLD_SIZE")
        environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1",
                       "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        run(["mpirun", "--oversubscribe", "-np", "3", "sh", "-c", command],
            env=environment)
        self.check(one, "mpirun")
        print("mpirun: 3 ranks, one file")

    def shards(self):
        samples = np.load(self.options.data)
        for number in range(self.options.rounds):
            rng = random.Random(number)
            order = list(range(len(samples)))
            rng.shuffle(order)
            data = self.temp / "order.npy"
            np.save(data, samples[order])
            cuts = sorted(rng.sample(range(1, len(samples)), rng.randint(0, 3)))
            bounds = list(zip([0] + cuts, cuts + [len(samples)]))
            rng.shuffle(bounds)
            files = []
            for begin, end in bounds:
                files.append(self.temp / f"part{len(files)}.json")
                self.calibrate(files[-1], f"--samples={begin}:{end}",
                               f"--threads={rng.randint(1, 8)}",
                               f"--batch={rng.randint(1, 40)}", data=data)
            merged = self.temp / "merged.json"
            run(["qdot", "stats", "merge", *map(str, files), "-o", merged])
            self.check(merged, f"round {number}")
        print(f"{self.options.rounds} random orders and shardings, md5 "
              f"{self.expected}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=["parallel", "mpi", "shards"])
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    options.data = options.temp / "data.npy"
    np.save(options.data, np.random.default_rng(1).normal(
        size=(100, 4)).astype("f4"))
    getattr(Jobs(options), options.way)()


main()
