#===- workers.py - Build and run the processes that are measured ----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Each implementation runs in its own process (worker.h), pinned to one core,
and waits while others take their turn."""

import os
import pathlib
import shutil
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parent


class Absent(Exception):
    """An implementation cannot run here; the text says why."""


class Failed(Exception):
    """A worker refused a command."""


class Worker:
    """One process. `cores` are those it may use."""

    def __init__(self, command, cores, environment=()):
        threads = str(len(cores))
        self.process = subprocess.Popen(
            ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "OMP_NUM_THREADS": threads,
                 "OPENBLAS_NUM_THREADS": threads,
                 "BENCHMARK_CLOCK": "wall" if len(cores) > 1 else "cpu",
                 **dict(environment)})

    def ask(self, *words):
        """The answer to a command, split into words."""
        try:
            print(*words, file=self.process.stdin, flush=True)
            reply = self.process.stdout.readline().split()
        except BrokenPipeError:
            reply = []
        if not reply:
            raise Failed("the process ended")
        if reply[0] != "ok":
            raise Failed(" ".join(reply[1:]))
        return reply[1:]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# --- C++ -------------------------------------------------------------------


def build_worker(name, libraries, folder):
    """The program of worker_<name>.cpp; Absent if it does not compile."""
    source, program = SOURCE / f"worker_{name}.cpp", folder / f"worker_{name}"
    inputs = [source, SOURCE / "worker.h"]
    if program.exists() and all(
            program.stat().st_mtime > path.stat().st_mtime for path in inputs):
        return program
    compiler = os.environ.get("CXX") or shutil.which("c++") or "clang++-22"
    done = subprocess.run([compiler, "-O2", "-std=c++17", source, "-o", program,
                           *[f"-l{library}" for library in libraries]],
                          text=True, capture_output=True, check=False)
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines()
                       if "error" in line), "it does not compile")
        raise Absent(reason.strip())
    return program


# oneDNN's and OpenBLAS's names for what a target of qdot may use.
ISA = {"x86-avx2": "AVX2", "x86-avxvnni": "AVX2_VNNI",
       "x86-avx512vnni": "AVX512_CORE_VNNI"}
OPENBLAS_CORE = {"x86-avx512vnni": "SkylakeX"}


def start_qdot(folder, cores):
    return Worker([build_worker("qdot", ["dl"], folder)], cores)


def start_instrumented(folder, cores, build):
    """For models that call the runtime."""
    runtime = pathlib.Path(build) / "lib" / "libqdot_runtime.so"
    if not runtime.exists():
        raise Absent(f"there is no {runtime}")
    return Worker([build_worker("qdot", ["dl"], folder)], cores,
                  {"LD_PRELOAD": str(runtime)})


def start_onednn(folder, cores, target):
    isa = ISA.get(target, "ALL")
    return Worker([build_worker("onednn", ["dnnl"], folder)], cores,
                  {"ONEDNN_MAX_CPU_ISA": isa, "DNNL_MAX_CPU_ISA": isa})


def start_openblas(folder, cores, target):
    return Worker([build_worker("openblas", ["openblas"], folder)], cores,
                  {"OPENBLAS_CORETYPE": OPENBLAS_CORE.get(target, "Haswell")})


# --- ONNX Runtime ----------------------------------------------------------


def find_onnxruntime(build):
    """The node_modules that hold onnxruntime-node, or Absent."""
    places = [os.environ.get("ORT_NODE_MODULES"),
              build / "benchmark" / "node_modules"]
    for place in filter(None, places):
        if (pathlib.Path(place) / "onnxruntime-node").is_dir():
            return pathlib.Path(place)
    raise Absent("onnxruntime-node is not installed")


def start_onnxruntime(folder, cores, build):
    modules = find_onnxruntime(build)
    if not shutil.which("node"):
        raise Absent("there is no node")
    try:
        import onnx  # noqa: F401  (onnx_models.py needs it)
    except ImportError as error:
        raise Absent("python3-onnx is not installed") from error
    return Worker(["node", SOURCE / "worker_ort.js"], cores,
                  {"NODE_PATH": str(modules)})


# --- this machine ----------------------------------------------------------


def cpu():
    """(model name, set of flags) of /proc/cpuinfo."""
    name, flags = "unknown", set()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, text = line.partition(":")
        if key.strip() == "model name":
            name = text.strip()
        if key.strip() == "flags":
            flags = set(text.split())
    return name, flags


NEEDS = {"x86-avx2": {"avx2", "fma"}, "x86-avxvnni": {"avx_vnni"},
         "x86-avxvnniint8": {"avx_vnni_int8"},
         "x86-avx512vnni": {"avx512_vnni", "avx512bw", "avx512vl"},
         "generic": set()}


def runs_here(target):
    return NEEDS[target] <= cpu()[1]


def default_targets():
    """The best that runs here, and AVX2."""
    order = ["x86-avx2", "x86-avx512vnni", "x86-avxvnni"]
    able = [target for target in order if runs_here(target)]
    return able[:2] or ["generic"]


def beyond(target):
    """The instructions that ONNX Runtime, which cannot be limited, uses here
    and `target` may not, or None."""
    flags = cpu()[1]
    for flag, allowed in (("avx512_vnni", {"x86-avx512vnni"}),
                          ("avx_vnni", {"x86-avxvnni", "x86-avx512vnni"}),
                          ("avx512bw", {"x86-avx512vnni"})):
        if flag in flags:
            return None if target in allowed else flag.replace("_", "")
    return None
