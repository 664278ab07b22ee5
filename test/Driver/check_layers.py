#!/usr/bin/python3
#===- check_layers.py - Isolated errors, computed by hand ------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_layers.py REPORT.json DIGITS_FOLDER TEMP_FOLDER: the layers of a report of
`qdot compare --isolated` are sorted by harm, and the first and the last have
the numbers that quantizing everything else `--keep-float` gives."""

import json
import pathlib
import re
import subprocess
import sys

report = json.loads(pathlib.Path(sys.argv[1]).read_text())
digits, temp = map(pathlib.Path, sys.argv[2:])
layers = report["layers"]
sqnr = [layer["isolated_sqnr"] for layer in layers]
assert len(layers) > 2 and sqnr == sorted(sqnr), layers
values = {v["name"].split("#")[0]: v["sqnr"] for v in report["values"]}


def qdot(*command):
    subprocess.run(["qdot", *map(str, command), "--quiet"], check=True)


for layer in (layers[0], layers[-1]):
    assert layer["accumulated_sqnr"] == values[layer["path"]], layer
    others = "|".join(re.escape(other["path"]) for other in layers
                      if other is not layer)
    qdot("quantize", digits / "digits.mlir", "--stats", temp / "stats.json",
         "-o", temp / "one.mlir", "--weight-bits=4",
         "--range=mse,conv_0=minmax", f"--keep-float=^({others})$",
         "--allow=all")
    qdot("compare", digits / "digits.mlir", temp / "one.mlir", "--data",
         digits / "test.npy", "--labels", digits / "labels.npy", "--json",
         temp / "one.json")
    one = json.loads((temp / "one.json").read_text())
    drop = one["float_accuracy"] - one["int_accuracy"]
    assert abs(one["results"][0]["sqnr"] - layer["isolated_sqnr"]) < 1e-3, layer
    assert abs(drop - layer["isolated_loss"]) < 1e-9, layer
