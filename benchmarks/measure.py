#===- measure.py - Turns, and what one row says ---------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Everybody in a row takes turns, several rounds, so that a slow moment of
the machine hits all of them."""

import dataclasses
import pathlib
import tempfile
import typing

from workers import Failed


@dataclasses.dataclass
class Measured:
    """One implementation in one row; seconds, or why there are none."""
    name: str
    best: typing.Optional[float] = None
    median: typing.Optional[float] = None
    output: str = "u8"
    problem: typing.Optional[str] = None    # what is wrong with its result
    note: str = ""                          # why it cannot be compared
    absent: typing.Optional[str] = None     # why it has no time

    @property
    def label(self):
        if self.absent:
            return f"{self.name} (absent: {self.absent})"
        notes = (["wrong"] if self.problem else []) + (
            [f"not comparable: {self.note}"] if self.note else [])
        return self.name + (f" ({', '.join(notes)})" if notes else "")


@dataclasses.dataclass
class Row:
    """Ours against the rivals. `operations` per run: the unit is GOP/s; 0:
    the unit is us."""
    table: str
    name: str
    ours: Measured
    rivals: typing.List[Measured]
    goal: typing.Optional[float]
    operations: float = 0
    only_right: bool = False    # a wrong rival does not count
    remark: str = ""

    @property
    def unit(self):
        return "GOP/s" if self.operations else "us"

    def value(self, seconds):
        if seconds is None:
            return None
        return (self.operations / seconds * 1e-9 if self.operations
                else seconds * 1e6)

    def fastest(self, right):
        """The fastest rival with the same kind of result, among those with a
        right result if `right`; one that cannot be compared only if there is
        no other. None if nobody ran."""
        ran = [r for r in self.rivals if r.best and r.output != "s32"
               and not (right and r.problem)]
        comparable = [r for r in ran if not r.note] or ran
        return min(comparable, key=lambda r: r.best, default=None)

    @property
    def peer(self):
        """The rival that the goal is about."""
        return self.fastest(self.only_right)

    def ratio(self, rival):
        """How many times faster ours is, or None."""
        if rival is None or not self.ours.best or self.ours.problem:
            return None
        return rival.best / self.ours.best

    @property
    def is_met(self):
        """None where there is no goal or nothing to compare with."""
        ratio = self.ratio(self.peer)
        if self.goal is None or ratio is None:
            return None
        return ratio >= self.goal


def prepare(entrant, folder):
    """Loads and checks one; the result has no times yet."""
    result = Measured(entrant.name, output=entrant.output, note=entrant.note)
    path = folder / "output.bin"
    try:
        entrant.worker.ask("load", entrant.identity, *entrant.load)
        entrant.worker.ask("run", entrant.identity, path)
        result.problem = entrant.check(path.read_bytes())
    except Failed as error:
        result.absent = str(error)
    return result


def take_turns(entrants, results, rounds, milliseconds):
    for _ in range(rounds):
        for entrant, result in zip(entrants, results):
            if result.absent:
                continue
            try:
                entrant.worker.ask("time", entrant.identity, milliseconds)
            except Failed as error:
                result.absent = str(error)


def finish(entrant, result):
    try:
        if not result.absent:
            result.best, result.median = (
                max(float(word) - entrant.overhead, 1e-9)
                for word in entrant.worker.ask("result", entrant.identity))
        entrant.worker.ask("drop", entrant.identity)
    except Failed as error:
        result.absent = result.absent or str(error)


def measure(entrants, rounds, milliseconds):
    """Checks and times everybody of a row; results in the same order."""
    with tempfile.TemporaryDirectory() as folder:
        results = [prepare(entrant, pathlib.Path(folder))
                   for entrant in entrants]
    take_turns(entrants, results, rounds, milliseconds)
    for entrant, result in zip(entrants, results):
        finish(entrant, result)
    return results
