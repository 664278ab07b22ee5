#===- __init__.py - Groups of execution tests -----------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""The cases of test/Integration/execute.py: functions of MLIR, each with a
numpy model of what docs/Numerics.md says about it."""
