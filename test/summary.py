#!/usr/bin/python3
#===- summary.py - Count the tests of a run of tools/check.sh -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""summary.py FOLDER: reads ctest.xml (JUnit), gtest/*.xml and lit.json, names
what failed, ends with `N passed, N failed, N skipped`. A missing report, a
report without tests and a program that died count as failures."""

import collections
import json
import pathlib
import sys
import xml.etree.ElementTree as xml


def lit_results(folder):
    """(name, outcome) of each lit test."""
    path = folder / "lit.json"
    if not path.exists():
        return [("lit (it wrote no report)", "failed")]
    tests = json.loads(path.read_text())["tests"]
    outcomes = {"PASS": "passed", "XFAIL": "passed", "FLAKYPASS": "passed",
                "UNSUPPORTED": "skipped", "SKIPPED": "skipped"}
    return [(t["name"], outcomes.get(t["code"], "failed")) for t in tests]


def case_outcome(case):
    """The outcome of a <testcase> of GoogleTest or ctest."""
    if case.find("failure") is not None or case.get("status") == "fail":
        return "failed"
    skipped = (case.find("skipped") is not None
               or case.get("result") in ("skipped", "suppressed")
               or case.get("status") in ("notrun", "disabled"))
    return "skipped" if skipped else "passed"


def gtest_results(path):
    return [(f"{case.get('classname')}.{case.get('name')}",
             case_outcome(case)) for case in xml.parse(path).iter("testcase")]


def ctest_results(folder):
    """Each case of each GoogleTest program, and each other ctest test. A
    program `unit-X` reports in XTests.xml, unless it died before."""
    path = folder / "ctest.xml"
    if not path.exists():
        return [("ctest (it wrote no report)", "failed")]
    results = []
    for test in xml.parse(path).iter("testcase"):
        name, outcome = test.get("name"), case_outcome(test)
        if outcome == "skipped" and test.get("status") == "notrun":
            outcome = "failed"  # the program is missing
        report = folder / "gtest" / f"{name[len('unit-'):]}Tests.xml"
        cases = (gtest_results(report)
                 if name.startswith("unit-") and report.exists() else [])
        told = any(o == "failed" for _, o in cases)
        if not cases or (outcome == "failed" and not told):
            cases.append((name, outcome))
        results += cases
    return results


def main():
    folder = pathlib.Path(sys.argv[1])
    results = []
    for part in (ctest_results(folder), lit_results(folder)):
        results += part or [("a suite without tests", "failed")]
    for name, outcome in results:
        if outcome == "failed":
            print(f"FAILED: {name}")
    count = collections.Counter(outcome for _, outcome in results)
    print(f"{count['passed']} passed, {count['failed']} failed, "
          f"{count['skipped']} skipped")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
