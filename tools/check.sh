#!/bin/bash
#===- check.sh - Build everything and run every test -----------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
# The last line is `N passed, N failed, N skipped`; the exit code is 0 only if
# nothing failed. Reports of each test are left in build/test/results.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools/setup.sh

results=$PWD/build/test/results
rm -rf "$results"
mkdir -p "$results/gtest"

# Failures are counted from the reports, by summary.py, which also fails when a
# report is missing.
GTEST_OUTPUT="xml:$results/gtest/" ctest --test-dir build -LE '^lit$' \
  -j "$(nproc)" --output-on-failure --output-junit "$results/ctest.xml" || true
/usr/bin/python3 /usr/lib/llvm-22/bin/lit -sv --order=smart build/test \
  -o "$results/lit.json" || true
exec /usr/bin/python3 test/summary.py "$results"
