#!/usr/bin/python3
#===- bochs.py - Runs static x86-64 programs in Bochs ---------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""bochs.py [options] PROGRAM [ARGUMENT...]

Boots Bochs without BIOS, disk and operating system: it places the kernel of
kernel/ and a pack of programs and files in the guest's memory itself. The exit
code is the program's, 132 for an instruction that the CPU model lacks, 139 for
a fault, 124 when time is up, 125 when Bochs did not get that far.

Debian 12 has Bochs 2.7 (AVX512-VNNI: cpu `tigerlake`; without VNNI:
`corei7_skylake_x`). 3.0, which fetch-bochs3.sh unpacks, also has AVX-VNNI
(`sapphire_rapids`) and AVX-VNNI-INT8 (`arrow_lake`).

Programs must be static and have no threads and signals; memory 200 MiB."""

import argparse
import dataclasses
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LLVM = pathlib.Path(os.environ.get("LLVM", "/usr/lib/llvm-22/bin"))
PACK = 0x20000000

CONFIGURATION = """\
config_interface: textconfig
display_library: term
memory: guest=1024, host=1024
romimage: file={folder}/rom.bin
vgaromimage: file={folder}/vga.bin
optramimage1: file={folder}/kernel.bin, address=0x100000
optramimage2: file={folder}/pack, address={pack:#x}
cpu: model={cpu}, count=1, ips=1000000000, reset_on_triple_fault=0{features}
clock: sync=none
vga: extension=none
ata0: enabled=0
pci: enabled=0
speaker: enabled=0
parport1: enabled=1, file="{folder}/out"
log: {folder}/log
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
plugin_ctrl: gameport=false, iodebug=false, extfpuirq=false
"""


@dataclasses.dataclass
class Result:
    status: int
    instructions: int
    stdout: bytes
    stderr: bytes
    files: dict  # What the program wrote, by name.


def call(*command):
    subprocess.run([str(c) for c in command], check=True)


def build_kernel(folder):
    """rom.bin, kernel.bin and the VGA BIOS that Bochs insists on."""
    source, target = HERE / "kernel", "--target=x86_64-elf"
    for name in ("rom", "entry"):
        call(LLVM / "clang", target, "-c", source / f"{name}.S", "-o",
             folder / f"{name}.o")
    parts = ["output", "system_calls", "kernel"]
    for name in parts:
        call(LLVM / "clang", target, "-O2", "-Wall", "-Wextra", "-ffreestanding",
             "-fno-builtin", "-fno-pic", "-mno-red-zone", "-mgeneral-regs-only",
             "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-c",
             source / f"{name}.c", "-o", folder / f"{name}.o")
    for name, inputs in (("rom", ["rom"]), ("kernel", ["entry", *parts])):
        call(LLVM / "ld.lld", "--no-warnings", "-T", source / f"{name}.ld",
             *[folder / f"{part}.o" for part in inputs], "-o", folder / f"{name}.elf")
        call(LLVM / "llvm-objcopy", "-O", "binary", folder / f"{name}.elf",
             folder / f"{name}.bin")
    assert (folder / "rom.bin").stat().st_size == 65536
    (folder / "vga.bin").write_bytes(b"\x55\xaa\x01\xcb\x35" + bytes(507))


def checksum(body):
    """A sample: only whole blocks of 128 KiB can go astray."""
    total = 0
    for at in range(0, len(body), 512):
        total = (total << 1 | total >> 63) & (2**64 - 1)
        total ^= int.from_bytes(body[at:at + 8], "little")
    return total


def make_pack(program, arguments, files):
    """The bytes that kernel.c reads: the program, its arguments, files."""
    entries = [("\x01program", program.read_bytes()), *files.items()]
    head = 32 + 128 * len(entries) + 32
    blob, table = b"", b""

    def place(data):
        nonlocal blob
        blob += bytes(-(head + len(blob)) % 64) + data
        return head + len(blob) - len(data)

    for name, data in entries:
        table += struct.pack("<104sQQQ", name.encode(), place(data), len(data),
                             0)
    words = b"".join(a.encode() + b"\0" for a in [program.name, *arguments])
    job = struct.pack("<IIQQQ", 0, 1 + len(arguments), place(words), len(words),
                      0)
    body = table + job + blob
    body += bytes(-len(body) % 8)
    return struct.pack("<8sIIQQ", b"BXPACK1", len(entries), 1, 32 + len(body),
                       checksum(body)) + body


def bochs_command(root):
    """The installed Bochs, or the one that fetch-bochs3.sh unpacked."""
    if not root:
        return ["bochs-bin"], {}
    lib = f"{root}/usr/lib/x86_64-linux-gnu"
    return ([f"{lib}/ld-linux-x86-64.so.2", "--library-path",
             f"{lib}:/usr/lib/x86_64-linux-gnu", f"{root}/usr/bin/bochs-bin"],
            {"LTDL_LIBRARY_PATH": f"{lib}/bochs/plugins",
             "BXSHARE": f"{root}/usr/share/bochs"})


def parse(raw, timed_out):
    """The framed stream of the parallel port: J job, S output, O and D files
    that are written, E status and instructions."""
    result = Result(124 if timed_out else 125, 0, b"", b"", {})
    names, at = {}, 0
    while (end := raw.find(b"\n", at)) >= 0:
        words = raw[at:end].decode(errors="replace").split(" ")
        at = end + 1
        if words[0] in ("S", "D"):
            data = raw[at:at + int(words[2])]
            at += len(data) + 1
            if words[0] == "D":
                result.files[names[words[1]]] += data
            elif words[1] == "1":
                result.stdout += data
            else:
                result.stderr += data
        elif words[0] == "O":
            names[words[1]] = " ".join(words[2:])
            result.files[names[words[1]]] = b""
        elif words[0] == "E":
            result.status, result.instructions = int(words[2]), int(words[3])
    return result


def run(program, arguments=(), files=None, cpu="tigerlake", features="",
        root="", timeout=300):
    """Boots, runs one program, returns its Result. `files` are what it can
    open: bytes by name."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bochs."))
    build_kernel(folder)
    (folder / "pack").write_bytes(
        make_pack(pathlib.Path(program), list(arguments), files or {}))
    added = f', add_features="{features}"' if features else ""
    (folder / "bochsrc").write_text(CONFIGURATION.format(
        folder=folder, pack=PACK, cpu=cpu, features=added))
    # Debian's Bochs is built with its debugger: continue, then quit.
    (folder / "commands").write_text("c\nq\n")
    command, environment = bochs_command(root)
    timed_out = False
    with open(folder / "stdout", "wb") as output:
        process = subprocess.Popen(
            [*command, "-q", "-f", folder / "bochsrc", "-rc",
             folder / "commands"], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT,
            env=dict(os.environ, TERM="xterm", **environment))
        try:
            process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            process.kill()  # It does not hear SIGTERM while it runs.
            process.wait()
    out, log = folder / "out", folder / "log"
    result = parse(out.read_bytes() if out.exists() else b"", timed_out)
    if result.status == 125 and log.exists():
        result.stderr += log.read_bytes()[-600:]
    shutil.rmtree(folder)
    return result


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpu", default="tigerlake")
    parser.add_argument("--features", default="", help="Bochs 3.0: CPU features "
                        "to add, such as avx_vnni_int8")
    parser.add_argument("--bochs", default=os.environ.get("QDOT_BOCHS", ""),
                        metavar="FOLDER", help="an unpacked Bochs 3.0")
    parser.add_argument("--file", action="append", default=[],
                        help="a file that the program can open by its name")
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    files = {os.path.basename(f): pathlib.Path(f).read_bytes()
             for f in args.file}
    result = run(args.program, args.arguments, files, args.cpu, args.features,
                 args.bochs, args.timeout)
    sys.stdout.buffer.write(result.stdout)
    sys.stderr.buffer.write(result.stderr)
    for name, data in result.files.items():
        pathlib.Path(os.path.basename(name)).write_bytes(data)
    print(f"{result.instructions} instructions", file=sys.stderr)
    return result.status


if __name__ == "__main__":
    sys.exit(main())
