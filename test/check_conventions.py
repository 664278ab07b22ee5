#!/usr/bin/python3
#===- check_conventions.py - Rules that a test of one pass cannot see -----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_conventions.py [SOURCE_DIR]

Fails when
* a CHECK line of a lit test checks nothing (no colon, or a prefix that no
  RUN line of the file uses), or expected-error stands in a test that does not
  verify diagnostics;
* a pass of a *Passes.td lacks its summary, its source lib/<Folder>/<Def>.cpp,
  its test test/<Folder>/<name>.mlir, or an example: the first ```mlir block of
  its description must occur in that test, line by line, and each operation in
  a later block must be matched by one of the test's CHECK lines;
* the text of a diagnostic in lib/ occurs in no test.
"""

import pathlib
import re
import sys

CHECK_SUFFIX = r"(?:-(?:NEXT|SAME|NOT|DAG|LABEL|EMPTY|COUNT-\d+))?"


FLOAT = re.compile(r"\d+\.\d+(?:[eE][-+]?\d+)?")


def normal(line):
    """A line with single spaces and every way to write a float the same."""
    return " ".join(FLOAT.sub(lambda f: repr(float(f[0])), line).split())


# --- lit tests -------------------------------------------------------------


def filecheck_prefixes(text):
    """The prefixes that the RUN lines of a test give to FileCheck."""
    prefixes = set()
    joined = re.sub(r"\\\n//\s*RUN:", " ", text)
    for run in re.findall(r"RUN:(.*)", joined):
        for command in re.findall(r"FileCheck([^|;&]*)", run):
            named = re.findall(r"--?check-prefix(?:es)?[= ](\S+)", command)
            for names in named or ["CHECK"]:
                prefixes.update(names.split(","))
    return prefixes


def dead_lines(path, text):
    """Complaints about the lines of a test that look like checks but are not."""
    prefixes = filecheck_prefixes(text)
    verifies = "verify-diagnostics" in text
    known = "|".join(map(re.escape, sorted(prefixes | {"CHECK"}, key=len,
                                           reverse=True)))
    looks = re.compile(rf"^\s*//\s*((?:{known})[A-Z0-9_-]*)(:?)(?=\s|:|$)")
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}"
        found = looks.match(line)
        if found:
            base = re.sub(CHECK_SUFFIX + "$", "", found[1])
            if not found[2]:
                yield f"{where}: no colon after {found[1]}"
            elif base not in prefixes:
                yield f"{where}: no RUN line checks the prefix {base}"
        if re.search(r"//\s*expected-(error|warning|note|remark)\b", line) \
                and not verifies:
            yield f"{where}: nothing verifies this diagnostic"


# --- passes ----------------------------------------------------------------


def passes(text):
    """(definition name, command line name, body) of each pass of a .td."""
    parts = re.split(r'^def (\w+)\s*:\s*Pass<"([^"]+)"', text, flags=re.M)
    return zip(parts[1::3], parts[2::3], parts[3::3])


def check_pattern(line):
    """A regular expression for what a CHECK line accepts, or None."""
    found = re.match(rf"\s*//\s*[A-Z][A-Z0-9_-]*{CHECK_SUFFIX}:(.*)", line)
    if not found or not found[1].strip():
        return None
    pieces = re.split(r"(\[\[.*?\]\]|\{\{.*?\}\})", normal(found[1]))
    out = ""
    for piece in pieces:
        if piece.startswith("[["):
            out += r"[\w.:#%]+"
        elif piece.startswith("{{"):
            out += piece[2:-2]
        else:
            out += re.escape(piece)
    try:
        return re.compile(out)
    except re.error:
        return None


def missing_example_lines(blocks, test):
    """The lines of the examples that the test does not hold."""
    lines = {normal(line) for line in test.splitlines()}
    patterns = [p for p in map(check_pattern, test.splitlines()) if p]
    for index, block in enumerate(blocks):
        for line in map(normal, block.splitlines()):
            if not line or line.startswith("//") or "..." in line:
                continue
            plain = line in lines
            if index == 0 and not plain:
                yield line
            elif not plain and " = " in line:
                if not any(p.search(line) for p in patterns):
                    yield line


def pass_complaints(root, folder, definition, name, body):
    """Complaints about one pass."""
    file_name = name.removeprefix("qdot-") + ".mlir"
    test = root / "test" / folder / file_name
    if 'let summary = "' not in body:
        yield f"{name}: no summary"
    if not (root / "lib" / folder / f"{definition}.cpp").exists():
        yield f"{name}: no lib/{folder}/{definition}.cpp"
    blocks = re.findall(r"```mlir\n(.*?)```", body, flags=re.S)
    if not blocks:
        yield f"{name}: no example in its description"
    if not test.exists():
        yield f"{name}: no test/{folder}/{file_name}"
        return
    for line in missing_example_lines(blocks, test.read_text()):
        yield f"{name}: not in test/{folder}/{file_name}: {line}"


# --- diagnostics -----------------------------------------------------------

LITERAL = r'"((?:[^"\\]|\\.)*)"'


def diagnostics(text):
    """(line number, longest literal part) of each diagnostic of a source."""
    call = re.compile(r"\b(?:emitOpError|emitError|createStringError|"
                      r"makeError|createError)\s*\(")
    for found in call.finditer(text):
        statement = text[found.start():text.find(";", found.start())]
        statement = re.sub(r'"\s*\n?\s*"', "", statement)  # adjacent literals
        parts = re.findall(LITERAL, statement)
        parts = [piece.strip().replace('\\"', '"').replace("\\n", "")
                 for part in parts for piece in re.split(r"%\w+|\{\d+\}", part)]
        longest = max(parts, key=len, default="")
        if len(longest) >= 6:
            yield text.count("\n", 0, found.start()) + 1, longest


def untested_diagnostics(root, tests):
    for path in sorted((root / "lib").rglob("*.cpp")):
        for number, part in diagnostics(path.read_text()):
            if part not in tests:
                yield (f"{path.relative_to(root)}:{number}: no test expects "
                       f'"{part}"')


# --- all -------------------------------------------------------------------


def complaints(root):
    suffixes = (".mlir", ".test", ".cpp", ".py", ".c")
    files = [p for p in sorted((root / "test").rglob("*"))
             if p.suffix in suffixes
             and p.relative_to(root).parts[1] not in ("Models", "Conventions")]
    texts = {p: p.read_text() for p in files}
    for path, text in texts.items():
        if path.suffix in (".mlir", ".test"):
            yield from dead_lines(path.relative_to(root), text)
    for path in sorted((root / "include" / "qdot").rglob("*Passes.td")):
        for definition, name, body in passes(path.read_text()):
            folder = str(path.parent.relative_to(root / "include" / "qdot"))
            yield from pass_complaints(root, folder, definition,
                                       name, body)
    own = pathlib.Path(__file__).resolve()
    everything = "\n".join(t for p, t in texts.items() if p != own)
    # A message that a test splits over two literals is still the message.
    everything = re.sub(r'"\s*\n\s*"', "", everything).replace('\\"', '"')
    yield from untested_diagnostics(root, everything)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                        pathlib.Path(__file__).parent.parent).resolve()
    found = list(complaints(root))
    for complaint in found:
        print(complaint)
    print(f"{len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
