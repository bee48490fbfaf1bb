"""How the time of a convolution grows with each of its sizes, on one thread and on two.

From (batch 8, length 512, 32 channels, 32 filters, filter size 3) one size at a time is changed,
through powers of two and their neighbours.  A cliff is a step to the next size at which the time
for the same amount of work rises by more than `CLIFF`.  The number of filters counts one by one or
in whole groups of `VECTOR`, whichever grows more from one size to the next, since lanes that hold
no filter can't be used: the rule by which shares of the peak are judged too.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from . import conv1d
from .machine_text import machine_text
from .peers import TORCH, Prepared
from .table import quiet_rounds

MEASURES = ("forward", "forward+backward")
COLUMNS = "size that grows"
PEERS = (TORCH,)
CLIFF = 1.3
VECTOR = 8
BATCH_SECONDS = 0.05

_SMALL = (1, 2, 3, 4, 5, 6, 8, 12, 15, 16, 17, 20, 24)
_LARGE = (28, 32, 36, 40, 48, 60, 64, 68, 96, 120, 128, 136, 192, 256)
_SHORT = (16, 24, 32, 48, 60, 64, 68, 96, 128, 250, 256, 260, 384, 512, 768, 1000, 1024, 1030)
SIZES = {
    "length": (*_SHORT, 1536, 2048, 3000, 4096, 4100, 6000, 8192, 16384, 32768),
    "batch": (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 32, 48, 64, 128),
    "channels": (*_SMALL, *_LARGE),
    "filters": (*_SMALL, *_LARGE),
    "size": (1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 24, 31, 32, 33, 48, 64, 65, 96, 128),
}
START = conv1d.Case(8, 512, 32, 32, 3)


def changed(axis: str, size: int) -> conv1d.Case:
    sizes: dict[str, Any] = {axis: size}
    return START._replace(**sizes)


class Case(NamedTuple):
    axis: str
    size: int
    threads: int

    @property
    def convolution(self) -> conv1d.Case:
        return changed(self.axis, self.size)

    @property
    def name(self) -> str:
        return f"{self.axis} {self.size}, {self.threads} thread{'s' * (self.threads > 1)}"

    def flops(self, measure: str) -> float:
        return self.convolution.flops(measure)


CASES = tuple(
    Case(axis, size, threads)
    for threads in (1, 2)
    for axis, sizes in SIZES.items()
    for size in sizes
)


def ours(case: Case) -> Prepared:
    return conv1d.ours(case.convolution)


def torch(case: Case) -> Prepared:
    return conv1d.torch(case.convolution)


def more_work(axis: str, small: int, large: int, measure: str) -> float:
    """The operations of the larger case over those of the smaller one."""
    before, after = changed(axis, small), changed(axis, large)
    one_by_one = after.flops(measure) / before.flops(measure)
    return max(one_by_one, _grouped(after).flops(measure) / _grouped(before).flops(measure))


def _grouped(case: conv1d.Case) -> conv1d.Case:
    return case._replace(filters=-(-case.filters // VECTOR) * VECTOR)


Curve = list[tuple[int, float]]


def curves(report: dict[str, Any], library: str = "ours") -> dict[tuple[str, str, int], Curve]:
    """(axis, measure, threads): sizes and the best seconds of a library."""
    found: dict[tuple[str, str, int], Curve] = {}
    for entry in report["cases"]:
        what, _, threads = entry["name"].partition(", ")
        axis, size = what.split()
        for measure, measured in entry["measures"].items():
            rounds = quiet_rounds(measured["rounds"], 0)
            times = [r[library]["best"] for r in rounds if library in r]
            if times:
                key = (axis, measure, int(threads.split()[0]))
                found.setdefault(key, []).append((int(size), min(times)))
    return {key: sorted(curve) for key, curve in found.items()}


def steps(axis: str, measure: str, curve: Curve) -> Iterator[tuple[int, int, float]]:
    """Neighbouring sizes and the ratio of their times for the same work."""
    for (small, before), (large, after) in pairwise(curve):
        yield small, large, after / before / more_work(axis, small, large, measure)


def table_text(report: dict[str, Any]) -> str:
    """The steepest step of each curve, ours and PyTorch's, and all cliffs of ours."""
    theirs = curves(report, "torch")
    lines = [
        "| size that grows | threads | measure | from-to | steepest step of ours | of PyTorch's |",
        "|" + "---|" * 6,
    ]
    cliffs = []
    for (axis, measure, threads), curve in curves(report).items():
        found = list(steps(axis, measure, curve))
        if not found:
            continue
        small, large, ratio = max(found, key=lambda step: step[2])
        other = theirs.get((axis, measure, threads), [])
        theirs_most = max((r for *_, r in steps(axis, measure, other)), default=0.0)
        lines.append(
            f"| {axis} | {threads} | {measure} | {curve[0][0]}-{curve[-1][0]} | "
            f"{ratio:.2f} ({small} to {large}) | {f'{theirs_most:.2f}' if other else '-'} |"
        )
        cliffs += [
            f"{axis} {a} to {b}, {measure}, {threads} threads: {r:.2f}"
            for a, b, r in found
            if r > CLIFF
        ]
    said = "; ".join(cliffs) if cliffs else "none"
    note = (
        "A step is the time for the same work at a size over that at the size before; "
        f"above {CLIFF}: {said}."
    )
    return "\n".join([*lines, "", note, "", machine_text(report)])
