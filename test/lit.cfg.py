#===- lit.cfg.py - How lit runs the tests of qdot -------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Substitutions and features of the lit tests; docs/Testing.md lists them.

Tools, found by name: qdot, qdot-opt, qdot-lsp-server, qdot-reduce (ours);
mlir-opt, mlir-opt-22, mlir-runner-22, mlir-translate, clang, llvm-nm,
FileCheck, not, split-file, ... (LLVM 22).
"""

import glob
import os
import platform
import shutil
import subprocess
import tempfile

import lit.formats

config.name = "qdot"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "emulation"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.qdot_build_dir, "test")

build, source = config.qdot_build_dir, config.qdot_source_dir
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(build, "bin"), config.llvm_tools_dir, os.environ["PATH"]])
# Tests compare what is printed; nothing may depend on the user's terminal.
config.environment["LC_ALL"] = "C"


def find_shared_models():
    """The folder of real models beside the checkout, or None. CI must have
    it; elsewhere the tests that need it are reported as unsupported."""
    folder = os.environ.get("QDOT_SHARED_MODELS") or os.path.normpath(
        os.path.join(source, "..", "shared", "models"))
    if os.path.isdir(folder):
        return folder
    if os.environ.get("CI") == "true":
        lit_config.fatal(f"CI needs the real models, but {folder} is missing")
    return None


def add_feature(name, present):
    if present:
        config.available_features.add(name)


shared_models = find_shared_models()
add_feature("shared-models", shared_models)
add_feature(platform.machine(), True)
add_feature("bochs", shutil.which("bochs-bin"))
add_feature("qemu-aarch64", shutil.which("qemu-aarch64-static")
            and shutil.which("aarch64-linux-gnu-gcc"))



def has_thread_sanitizer():
    """Whether the compiler that built qdot can link with it, and GoogleTest."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [config.cxx_compiler, "-fsanitize=thread", "-x", "c++", "-", "-o",
             os.path.join(folder, "program"), "-lgtest", "-lgtest_main"],
            input="", text=True, capture_output=True, check=False,
        ).returncode == 0


add_feature("tsan", has_thread_sanitizer())
add_feature("qemu-x86_64", shutil.which("qemu-x86_64-static"))

add_feature("parallel", shutil.which("parallel"))
add_feature("mpi", shutil.which("mpirun"))
add_feature("libfuzzer", glob.glob(os.path.join(
    os.path.dirname(config.llvm_tools_dir), "lib", "clang", "*", "lib",
    "linux", f"libclang_rt.fuzzer-{platform.machine()}.a"))
    and shutil.which("clang++-22"))

# Longest first: lit replaces textually.
config.substitutions += [
    ("%shared_models", shared_models or "/no-shared-models"),
    ("%qdot_runtime", os.path.join(build, "lib", "libqdot_runtime.so")),
    ("%qdot_lib", os.path.join(build, "lib", "libqdot.so")),
    ("%plugin", "--load-dialect-plugin="
     + os.path.join(build, "lib", "libqdot.so")),
    ("%source_dir", source),
    ("%build_dir", build),
    ("%models", os.path.join(source, "models")),
    ("%test_models", os.path.join(source, "test", "Models")),
    ("%integration", os.path.join(source, "test", "Integration")),
    ("%mlir_lib_dir", os.path.join(os.path.dirname(config.llvm_tools_dir),
                                   "lib")),
    ("%python", config.python),
    ("%cmake", config.cmake),
    ("%cxx", config.cxx_compiler),
    ("%cc", config.c_compiler),
]
