"""What was measured where, in a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def rounds_of(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every round of a report."""
    for case in report["cases"]:
        for measured in case["measures"].values():
            yield from measured["rounds"]


def machine_text(report: dict[str, Any]) -> str:
    """Processor, threads, limits, versions, commit and command."""
    m = report["machine"]
    copies = [r["copy"] for r in rounds_of(report) if "copy" in r]
    peaks = [r["peak"] for r in rounds_of(report)]
    peak = f", peak {max(peaks):.0f} GFLOP/s" if peaks else ""
    copied = f", copy {max(copies):.0f} GB/s" if copies else ""
    peers = "".join(f", {title} {number}" for title, number in m.get("peers", {}).items())
    return (
        f"{m['processor']}, {m['threads']} threads ({m['threading layer']}), {m['lanes']} lanes"
        f"{peak}{copied}; Python {m['python']}, NumPy {m['numpy']}, Numba {m['numba']}{peers}; "
        f"commit {m['commit']}. Command: `python -m bench.run {report['suite']}`."
    )
