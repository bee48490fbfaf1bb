"""Tables of results, as text for people, for `bench/results` and for the README.

``python -m bench.table`` writes the whole tables beside the results, and those of which the README
has the markers, the long ones in brief, into it.
"""

from __future__ import annotations

import importlib
import json
import math
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .load import LOAD
from .machine_text import machine_text

# Rounds whose peak is below this share of the best are left out, and busy ones (`LOAD`).
QUIET = 0.9
ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
OWN_TABLES = ("growth", "footprint", "cold")
BRIEF = ("conv1d", "causal", "gradients", "transposed", "pooling")  # in the README

Row = dict[str, Any]


def quiet_rounds(rounds: list[dict[str, Any]], best: float) -> list[dict[str, Any]]:
    """The rounds in which the machine was free; all of them if it never was."""
    alone = [r for r in rounds if r.get("load", 0) <= LOAD] or rounds
    return [r for r in alone if r["peak"] >= QUIET * best] or alone


def summary(report: dict[str, Any]) -> list[Row]:
    """For each case and measure: GFLOP/s and share of the peak, or GB/s and share of a copy's, and
    for each peer the ratio (median, lowest, highest) and the median of how much longer we take.
    """
    rows = []
    for case in report["cases"]:
        best = max(r["peak"] for m in case["measures"].values() for r in m["rounds"])
        for name, measured in case["measures"].items():
            rounds = quiet_rounds(measured["rounds"], best)
            row = {
                "case": case["name"],
                "family": case.get("family", ""),
                "measure": name,
                "rounds": len(rounds),
                "seconds": min(r["ours"]["best"] for r in rounds),
                "peers": {
                    peer: _ratio(rounds, peer) for peer in report["peers"] if peer in rounds[0]
                },
            }
            rows.append(row | _rate(measured, rounds))
    return rows


def _rate(measured: dict[str, Any], rounds: list[dict[str, Any]]) -> Row:
    """What moves is compared with a copy, what multiplies with the peak, and what does both with
    the one that is the limit.
    """
    found = []
    for kind, limit in (("bytes", "copy"), ("flops", "peak")):
        if measured.get(kind):
            rates = [measured[kind] / r["ours"]["best"] / 1e9 for r in rounds]
            shares = [rate / r[limit] for rate, r in zip(rates, rounds, strict=True)]
            found.append({"rate": max(rates), "share": statistics.median(shares), "limit": limit})
    return max(found, key=lambda row: row["share"], default={})


def _ratio(rounds: list[dict[str, Any]], peer: str) -> Row:
    ratios = [r[peer]["best"] / r["ours"]["best"] for r in rounds]
    more = [r["ours"]["best"] - r[peer]["best"] for r in rounds]
    return {
        "ratio": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "more": statistics.median(more),
    }


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(v) for v in values))


def table_text(report: dict[str, Any]) -> str:
    """A Markdown table with a line about the machine and the geometric means."""
    if report["suite"] in OWN_TABLES:
        return str(importlib.import_module(f"bench.{report['suite']}").table_text(report))
    rows = summary(report)
    counted, peers = _counted(report), _columns(report)
    more = report["suite"] == "overhead"
    header = [report["columns"], "measure", "time", *counted]
    header += [f"× {title} (lowest-highest)" for title, _ in peers]
    cells = [_cells(row, counted, peers, more) for row in rows]
    lines = markdown([*header, "more than peer"] if more else header, cells)
    return "\n".join([*lines, *_means(report, rows), "", machine_text(report)])


def _counted(report: dict[str, Any]) -> list[str]:
    """The columns of rate and share: of bytes, of operations, of both, or none."""
    limits = {row["limit"] for row in summary(report) if "limit" in row}
    if len(limits) == 2:
        return ["GFLOP/s", "share of limit"]
    return {"copy": ["GB/s", "share of copy"], "peak": ["GFLOP/s", "share of peak"]}.get(
        "".join(limits), []
    )


def _speed(row: Row, counted: list[str]) -> list[str]:
    """The cells of rate and share; what is not that of the column has its unit."""
    if "rate" not in row:
        return ["-"] * len(counted)
    other = row["limit"] == "copy" and counted[0] != "GB/s"
    rate, share = f"{row['rate']:.0f}", f"{row['share']:.0%}"
    return [f"{rate} GB/s", f"{share} of copy"] if other else [rate, share]


def _columns(report: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Titles of the columns of peers, and which peers stand in each: one for all if no case has
    two.
    """
    used: list[set[str]] = [
        set(report["peers"]) & set(r)
        for case in report["cases"]
        for m in case["measures"].values()
        for r in m["rounds"]
    ]
    found = [peer for peer in report["peers"] if any(peer in some for some in used)]
    if len(found) > 1 and all(len(some) < 2 for some in used):
        return [("peer", found)]
    return [(report["peers"][peer], [peer]) for peer in found]


def _cells(
    row: Row, counted: list[str], peers: list[tuple[str, list[str]]], more: bool
) -> list[str]:
    ratios = [_of(row, column) for _, column in peers]
    texts = [
        f"{found['ratio']:.2f} ({found['lowest']:.2f}-{found['highest']:.2f})" if found else "-"
        for found in ratios
    ]
    extra = [_time(ratios[0]["more"]) if ratios and ratios[0] else "-"] if more else []
    return [
        row["case"],
        row["measure"],
        _time(row["seconds"]),
        *_speed(row, counted),
        *texts,
        *extra,
    ]


def _of(row: Row, column: list[str]) -> Row | None:
    return next((row["peers"][peer] for peer in column if peer in row["peers"]), None)


def _means(report: dict[str, Any], rows: list[Row]) -> Iterator[str]:
    """Lines of the geometric means of each measure, over all cases and over those of a family."""
    if not _counted(report):
        return
    families = {row["family"] for row in rows} - {""}
    for name in dict.fromkeys(row["measure"] for row in rows):
        for family in dict.fromkeys(["", *(row["family"] for row in rows)]):
            chosen = [
                row for row in rows if row["measure"] == name and family in ("", row["family"])
            ]
            texts = []
            for peer, title in report["peers"].items():
                ratios = [row["peers"][peer]["ratio"] for row in chosen if peer in row["peers"]]
                if len(ratios) > 1:
                    texts.append(f"{geometric_mean(ratios):.2f} × {title}")
            if texts:
                which = f", {family or 'all'} cases" if families else ""
                yield f"\nGeometric mean, {name}{which}: {', '.join(texts)}."


def brief_text(report: dict[str, Any]) -> str:
    """A table with a line for each case, and what is below it in the whole table.

    A measure "NAME, WHAT" stands in the columns of NAME, in a line "CASE (WHAT)".
    """
    rows, peers, counted = summary(report), _columns(report), _counted(report)
    measures = list(dict.fromkeys(row["measure"].partition(", ")[0] for row in rows))
    header, parts = [report["columns"]], []
    for name in measures:
        of_measure = [row for row in rows if row["measure"] == name]
        shown = [c for c in peers if any(_of(row, c[1]) for row in of_measure)]
        header += [name, counted[1], *(f"× {title}" for title, _ in shown)]
        parts.append((name, shown))
    lines: dict[str, dict[str, Row]] = {}
    for row in rows:
        name, _, what = row["measure"].partition(", ")
        lines.setdefault(row["case"] + (f" ({what})" if what else ""), {})[name] = row
    cells = [
        [case, *(cell for name, shown in parts for cell in _brief(found.get(name), shown, counted))]
        for case, found in lines.items()
    ]
    where = f"Spread of the rounds: `bench/results/{report['suite']}.md`."
    text = [
        *markdown(header, cells),
        *_means(report, rows),
        "",
        machine_text(report) + " " + where,
    ]
    return "\n".join(text)


def _brief(row: Row | None, shown: list[tuple[str, list[str]]], counted: list[str]) -> list[str]:
    if row is None:
        return ["-"] * (2 + len(shown))
    ratios = [_of(row, column) for _, column in shown]
    texts = [f"{found['ratio']:.2f}" if found else "-" for found in ratios]
    return [_time(row["seconds"]), _speed(row, counted)[1], *texts]


def markdown(header: list[str], cells: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(line) + " |" for line in [header, *cells]]
    return [lines[0], "|" + "---|" * len(header), *lines[1:]]


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if abs(seconds) >= 1e-3 else f"{seconds * 1e6:.1f} µs"


def filled(text: str, name: str, table: str) -> str:
    """The text with a table between the markers of a name."""
    pattern = re.compile(f"(<!-- bench:{name} -->\n).*?(<!-- /bench:{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"there are no markers <!-- bench:{name} --> and <!-- /bench:{name} -->")
    return pattern.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text)


def main() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    for path in sorted(RESULTS.glob("*.json")):
        report = json.loads(path.read_text())
        whole = table_text(report)
        path.with_suffix(".md").write_text(f"{whole}\n", encoding="utf-8")
        if f"<!-- bench:{path.stem} -->" in text:
            brief = brief_text(report) if path.stem in BRIEF else whole
            text = filled(text, path.stem, brief)
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
