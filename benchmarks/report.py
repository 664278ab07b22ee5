#===- report.py - Tables of the benchmark ---------------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""benchmark.csv has one line per row; higher ratio: ours is faster. The
rivals one by one, with medians, are in benchmark-peers.csv. Values are the best
of all rounds, in the row's unit."""

import csv

COLUMNS = ["table", "row", "unit", "ours", "peer", "best_peer", "ratio", "goal"]
PEER_COLUMNS = ["table", "row", "unit", "who", "best", "median", "ratio",
                "verdict"]


def number(value, digits=4):
    """`digits` significant digits, without an exponent; '' for None."""
    if value is None:
        return ""
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in text else text


def cells(row):
    """A row of benchmark.csv. Without a right result of ours there is no
    ratio, and `ours` says why."""
    ours, peer = row.ours, row.peer
    value = number(row.value(ours.best))
    return [row.table, row.name, row.unit,
            "wrong" if ours.problem else value,
            number(row.value(peer.best)) if peer else "",
            peer.label if peer else "", number(row.ratio(peer), 3),
            number(row.goal)]


def verdict(row, one):
    """One line about a result."""
    if one.absent:
        return f"absent: {one.absent}"
    notes = [f"wrong: {one.problem}"] if one.problem else ["right"]
    if one.output == "s32":
        notes.append("does less: s32 output")
    if one.note:
        notes.append(f"not comparable: {one.note}")
    return "; ".join(notes)


def peer_cells(row):
    """The rows of benchmark-peers.csv: ours first, then every rival."""
    for one in [row.ours, *row.rivals]:
        yield [row.table, row.name, row.unit, one.name,
               number(row.value(one.best)), number(row.value(one.median)),
               "" if one is row.ours else number(row.ratio(one), 3),
               verdict(row, one)]


def write(path, header, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def write_all(folder, rows):
    write(folder / "benchmark.csv", COLUMNS, map(cells, rows))
    write(folder / "benchmark-peers.csv", PEER_COLUMNS,
          [line for row in rows for line in peer_cells(row)])


# --- for people ------------------------------------------------------------

HEADER = ["row", "ours (median)", "fastest rival", "", "ratio", "goal",
          "fastest right rival", "", "ratio"]


def shown_ours(row):
    if row.ours.absent:
        return f"absent: {row.ours.absent}"
    if row.ours.problem:
        return f"WRONG: {row.ours.problem}"
    return (f"{number(row.value(row.ours.best), 3)} "
            f"({number(row.value(row.ours.median), 3)})")


def shown(row):
    """The cells of a row for people."""
    peer, right = row.peer, row.fastest(True)
    goal = number(row.goal) and number(row.goal) + (
        {True: " met", False: " missed", None: ""}[row.is_met])
    line = [row.name, shown_ours(row)]
    line += [number(row.value(peer.best), 3) if peer else "-",
             peer.label if peer else "", number(row.ratio(peer), 3), goal]
    if right is peer or right is None:
        return line + ["the same" if right else "-", "", ""]
    return line + [number(row.value(right.best), 3), right.label,
                   number(row.ratio(right), 3)]


def plain(rows):
    """Aligned columns, a paragraph per table."""
    for table in dict.fromkeys(row.table for row in rows):
        own = [row for row in rows if row.table == table]
        title = f"{table}, {', '.join(dict.fromkeys(row.unit for row in own))}"
        lines = [HEADER] + [shown(row) for row in own]
        widths = [max(map(len, column)) for column in zip(*lines)]
        yield title
        for line in lines:
            yield "  " + "  ".join(
                cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        yield ""


def markdown(rows):
    """The same as tables of docs/Performance.md."""
    for table in dict.fromkeys(row.table for row in rows):
        own = [row for row in rows if row.table == table]
        units = ", ".join(dict.fromkeys(row.unit for row in own))
        yield f"### {table} ({units})"
        yield ""
        yield ("| row | ours (median) | fastest rival | ratio | goal "
               "| fastest right rival | ratio |")
        yield "|---|---|---|---|---|---|---|"
        for row in own:
            c = shown(row)
            yield (f"| {c[0]} | {c[1]} | {c[2]} {c[3]} | {c[4]} | {c[5]} "
                   f"| {c[6]} {c[7]} | {c[8]} |")
        yield ""


BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"


def update_document(path, lines):
    """Replaces what stands between the markers of a document; a document
    without them becomes the tables alone."""
    text = path.read_text() if path.exists() else ""
    if BEGIN not in text or END not in text:
        text = f"{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    path.write_text("\n".join([before + BEGIN, *lines, END + after]))
