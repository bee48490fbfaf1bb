"""Tables of results, as text for people and for the README.

``python -m bench.table`` writes the tables of `bench/results` between their markers in README.md.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from pathlib import Path
from typing import Any

QUIET = 0.9  # rounds whose peak is below this share of the best are left out

ROOT = Path(__file__).parent.parent


def quiet_rounds(rounds: list[dict[str, Any]], best_peak: float) -> list[dict[str, Any]]:
    """The rounds in which the machine was free; all of them if it never was."""
    return [r for r in rounds if r["peak"] >= QUIET * best_peak] or rounds


def summary(report: dict[str, Any]) -> list[dict[str, Any]]:
    """For each case and measure: GFLOP/s and share of the peak, or GB/s and share of a copy's, and
    the ratio to PyTorch (median, lowest, highest).
    """
    rows = []
    for case in report["cases"]:
        peaks = [r["peak"] for m in case["measures"].values() for r in m["rounds"]]
        for name, measured in case["measures"].items():
            rounds = quiet_rounds(measured["rounds"], max(peaks))
            best = min(r["ours"]["best"] for r in rounds)
            shares = [measured["flops"] / r["ours"]["best"] / 1e9 / r["peak"] for r in rounds]
            row = {"case": case["name"], "measure": name, "seconds": best, "rounds": len(rounds)}
            if measured["flops"]:
                row |= {
                    "rate": measured["flops"] / best / 1e9,
                    "share": statistics.median(shares),
                }
            if measured.get("bytes"):
                rates = [measured["bytes"] / r["ours"]["best"] / 1e9 for r in rounds]
                copied = [rate / r["copy"] for rate, r in zip(rates, rounds, strict=True)]
                row |= {"rate": max(rates), "share": statistics.median(copied)}
            if "torch" in rounds[0]:
                ratios = [r["torch"]["best"] / r["ours"]["best"] for r in rounds]
                more = [r["ours"]["best"] - r["torch"]["best"] for r in rounds]
                row |= {
                    "more": statistics.median(more),
                    "ratio": statistics.median(ratios),
                    "lowest": min(ratios),
                    "highest": max(ratios),
                }
            rows.append(row)
    return rows


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(v) for v in values))


def table_text(report: dict[str, Any]) -> str:
    """A Markdown table with a line about the machine and the geometric means."""
    rows = summary(report)
    counted = any("rate" in row for row in rows)
    moved = any("bytes" in m for case in report["cases"] for m in case["measures"].values())
    header = [report["columns"], "measure", "time"]
    if counted:
        header += ["GB/s", "share of copy"] if moved else ["GFLOP/s", "share of peak"]
    header += (
        ["× peer (lowest-highest)"]
        if report["suite"] in ("start", "accelerate", "overhead")
        else ["× PyTorch (lowest-highest)"]
    )
    extra = report["suite"] == "overhead"
    header += ["more than peer"] if extra else []
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        cells = _cells(row, counted)
        cells += [_time(row["more"]) if "more" in row else "-"] if extra else []
        lines.append("| " + " | ".join(cells) + " |")
    for name in dict.fromkeys(row["measure"] for row in rows if counted):
        ratios = [row["ratio"] for row in rows if row["measure"] == name and "ratio" in row]
        if len(ratios) > 1:
            lines.append(f"\nGeometric mean, {name}: {geometric_mean(ratios):.2f} × PyTorch.")
    return "\n".join([*lines, "", machine_text(report)])


def _cells(row: dict[str, Any], counted: bool) -> list[str]:
    ratio = "-"
    if "ratio" in row:
        ratio = f"{row['ratio']:.2f} ({row['lowest']:.2f}-{row['highest']:.2f})"
    rates = [f"{row['rate']:.0f}", f"{row['share']:.0%}"] if counted else []
    return [row["case"], row["measure"], _time(row["seconds"]), *rates, ratio]


def machine_text(report: dict[str, Any]) -> str:
    """What was measured where."""
    m = report["machine"]
    peak = max(
        r["peak"] for c in report["cases"] for x in c["measures"].values() for r in x["rounds"]
    )
    copies = [
        r["copy"]
        for c in report["cases"]
        for x in c["measures"].values()
        for r in x["rounds"]
        if "copy" in r
    ]
    copied = f", copy {max(copies):.0f} GB/s" if copies else ""
    peer = f", PyTorch {m['torch']}" if "torch" in m else ""
    return (
        f"{m['processor']}, {m['threads']} threads ({m['threading layer']}), {m['lanes']} lanes, "
        f"peak {peak:.0f} GFLOP/s{copied}; "
        f"Python {m['python']}, NumPy {m['numpy']}, Numba {m['numba']}{peer}; commit "
        f"{m['commit']}. "
        f"Command: `python -m bench.run {report['suite']}`."
    )


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"


def filled(text: str, name: str, table: str) -> str:
    """The text with a table between the markers of a name."""
    pattern = re.compile(f"(<!-- bench:{name} -->\n).*?(<!-- /bench:{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"there are no markers <!-- bench:{name} --> and <!-- /bench:{name} -->")
    return pattern.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text)


def main() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "results").glob("*.json")):
        if f"<!-- bench:{path.stem} -->" in text:
            text = filled(text, path.stem, table_text(json.loads(path.read_text())))
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
