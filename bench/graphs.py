"""Pictures of the results: ``python -m bench.graphs`` draws them into `bench/results`.

Ratios to the peers and shares of the machine's limit, a bar for each case; and the growth of the
time with each size.  They need matplotlib, which the extra "bench" brings.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import growth
from .machine_text import machine_text
from .table import BRIEF, RESULTS, Row, summary

COLORS = {
    "ours": "#1f5aa6",
    "copy": "#5aa0c8",
    "torch": "#d9622b",
    "jax": "#3c8d5a",
    "onnxruntime": "#8a5fb0",
}
GRID = {"color": "#d8d8d8", "linewidth": 0.6}
TITLES = {
    "conv1d": "1-D convolution",
    "causal": "Dilated causal convolution",
    "gradients": "Gradients of 1-D convolution",
    "transposed": "Transposed 1-D convolution",
    "pooling": "Pooling",
}
AXES = {
    "length": "length",
    "batch": "batch",
    "channels": "channels",
    "filters": "filters",
    "size": "filter size",
}
LEGEND = {"frameon": False, "fontsize": 8, "loc": "outside upper right", "ncol": 4}


def new_figure(width: float, height: float, **grid: Any) -> tuple[Any, Any]:
    """A figure with an array of axes, drawn without a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(squeeze=False, **grid)
    for ax in axes.flat:
        ax.tick_params(labelsize=8, length=3)
        ax.set_axisbelow(True)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    return figure, axes


def finish(figure: Any, title: str, report: dict[str, Any], handles: list[Any]) -> Any:
    """The title, the legend and a line about the machine."""
    figure.suptitle(title, fontsize=12, fontweight="bold", x=0.01, ha="left")
    if handles:
        figure.legend(handles=handles, **LEGEND)
    machine = machine_text(report).replace("; ", ";\n", 1)
    figure.supxlabel(machine, fontsize=6.5, x=0.01, ha="left", color="#555555")
    return figure


def ratios(report: dict[str, Any]) -> Any:
    """How many times as long the peers take, a bar for each case and peer; a panel for each
    measure.
    """
    rows = [row for row in summary(report) if row["peers"]]
    measures = list(dict.fromkeys(_measure(row) for row in rows))
    names = list(dict.fromkeys(_label(row) for row in rows))[::-1]
    peers = [peer for peer in report["peers"] if any(peer in row["peers"] for row in rows)]
    figure, axes = new_figure(
        2.6 + 3.4 * len(measures), 1.5 + (0.1 + 0.11 * len(peers)) * len(names),
        nrows=1, ncols=len(measures), sharey=True,
    )  # fmt: skip
    _ratio_panels(axes[0], rows, measures, names, peers)
    handles = [_patch(COLORS.get(peer, "#777777"), report["peers"][peer]) for peer in peers]
    _name_columns(axes[0][0], report["columns"])
    title = f"{TITLES.get(report['suite'], report['suite'])}: time of the others over ours"
    return finish(figure, title, report, handles)


def _ratio_panels(
    axes: Any, rows: list[Row], measures: list[str], names: list[str], peers: list[str]
) -> None:
    thick = 0.8 / len(peers)
    for ax, measure in zip(axes, measures, strict=True):
        values = [1.0]
        for k, peer in enumerate(peers):
            chosen = [row for row in rows if _measure(row) == measure and peer in row["peers"]]
            places = [names.index(_label(row)) + 0.4 - (k + 0.5) * thick for row in chosen]
            found = [row["peers"][peer] for row in chosen]
            middle = [f["ratio"] for f in found]
            spread = [
                [f["ratio"] - f["lowest"] for f in found],
                [f["highest"] - f["ratio"] for f in found],
            ]
            ax.barh(
                places, [m - 1 for m in middle], thick * 0.9, left=1,
                color=COLORS.get(peer, "#777777"),
                xerr=spread, error_kw={"linewidth": 0.6, "ecolor": "#444444"},
            )  # fmt: skip
            values += [f["lowest"] for f in found] + [f["highest"] for f in found]
        _ratio_axis(ax, measure, values)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(-0.6, len(names) - 0.4)


def _patch(color: str, label: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(color=color, label=label)


def _name_columns(ax: Any, columns: str) -> None:
    """What the numbers in the names of the cases are, above them."""
    words = columns.split(", ")
    half = len(words) if len(words) < 6 else len(words) // 2
    text = ",\n".join(", ".join(part) for part in (words[:half], words[half:]) if part)
    ax.text(
        -0.02, 1.01, text, transform=ax.transAxes, ha="right", va="bottom", fontsize=7,
        color="#555555",
    )  # fmt: skip


def _ratio_axis(ax: Any, measure: str, values: list[float]) -> None:
    """Logarithmic, with plain numbers and a line where both take the same time."""
    ax.set_xscale("log")
    low, high = min(*values, 0.8) / 1.1, max(*values, 2.0) * 1.1
    ax.set_xlim(low, high)
    marks = [0.05, 0.1, 0.2, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100]
    if high > 20 * low:  # fewer, so that they do not touch
        marks = [0.1, 0.3, 1, 3, 10, 30, 100]
    ticks = [t for t in marks if low <= t <= high]
    ax.set_xticks(ticks, [f"{t:g}×" for t in ticks])
    ax.minorticks_off()
    ax.grid(axis="x", **GRID)
    ax.axvline(1, color="#222222", linewidth=1)
    ax.set_title(measure, fontsize=9)
    ax.set_xlabel("slower than ours  →", fontsize=8)


def _measure(row: Row) -> str:
    """The measure whose panel shows a row."""
    return str(row["measure"].partition(", ")[0])


def _label(row: Row) -> str:
    what = row["measure"].partition(", ")[2]
    return row["case"] + (f" ({what})" if what else "")


def shares(report: dict[str, Any]) -> Any:
    """The share of the machine's limit that we reach, a bar for each case; a panel for each
    measure.
    """
    rows = [row for row in summary(report) if "share" in row]
    measures = list(dict.fromkeys(_measure(row) for row in rows))
    names = list(dict.fromkeys(_label(row) for row in rows))[::-1]
    figure, axes = new_figure(
        2.6 + 3.0 * len(measures), 1.5 + 0.22 * len(names),
        nrows=1, ncols=len(measures), sharey=True,
    )  # fmt: skip
    limits = {row["limit"] for row in rows}
    limit = {"copy": "bandwidth of a copy", "peak": "multiply-add peak"}.get(
        "".join(limits), "limit: multiply-add peak, or a copy's bandwidth"
    )
    for ax, measure in zip(axes[0], measures, strict=True):
        chosen = [row for row in rows if _measure(row) == measure]
        places = [names.index(_label(row)) for row in chosen]
        values = [100 * row["share"] for row in chosen]
        colors = [COLORS["ours" if row["limit"] == "peak" else "copy"] for row in chosen]
        ax.barh(places, values, 0.7, color=colors)
        for place, value in zip(places, values, strict=True):
            ax.text(value + 1, place, f"{value:.0f}", va="center", fontsize=7)
        ax.set_xlim(0, max(105, *(v + 8 for v in values)))
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(-0.6, len(names) - 0.4)
        ax.grid(axis="x", **GRID)
        ax.set_title(measure, fontsize=9)
        ax.set_xlabel(f"% of the {limit}", fontsize=8)
    _name_columns(axes[0][0], report["columns"])
    title = (
        f"{TITLES.get(report['suite'], report['suite'])}: share of the {limit.partition(':')[0]}"
    )
    handles = [_patch(COLORS["ours"], "of the peak"), _patch(COLORS["copy"], "of a copy")]
    return finish(figure, title, report, handles if len(limits) > 1 else [])


def _plain_logarithmic(axis: Any) -> None:
    """Ticks with plain numbers: 1, 2, 5, 10 where there are few decades, else 1, 10, 100."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,), numticks=20))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def growths(report: dict[str, Any], measure: str) -> Any:
    """Time against each size, ours and PyTorch's, a line for each number of threads."""
    ours, theirs = growth.curves(report), growth.curves(report, "torch")
    axes_of = [axis for axis in AXES if any(key[0] == axis for key in ours)]
    n_columns = 3
    n_rows = len(axes_of) // n_columns + 1  # a panel is left for the legend
    figure, axes = new_figure(3.6 * n_columns, 1.2 + 2.9 * n_rows, nrows=n_rows, ncols=n_columns)
    handles: dict[str, Any] = {}
    for ax, axis in zip(axes.flat, axes_of, strict=False):
        for library, title, curves in (("ours", "dlarray", ours), ("torch", "PyTorch", theirs)):
            for (name, what, threads), curve in curves.items():
                if (name, what) != (axis, measure):
                    continue
                label = f"{title}, {threads} thread{'s' * (threads > 1)}"
                (handles[label],) = ax.loglog(
                    [n for n, _ in curve], [1e6 * s for _, s in curve],
                    "-o" if threads > 1 else "--o", label=label, color=COLORS[library],
                    markersize=2.5, linewidth=1.2,
                    markerfacecolor="white" if threads == 1 else COLORS[library],
                )  # fmt: skip
        for one in (ax.xaxis, ax.yaxis):
            _plain_logarithmic(one)
        ax.grid(which="major", **GRID)
        ax.set_xlabel(AXES[axis], fontsize=8)
        ax.set_ylabel("µs", fontsize=8)
    for ax in list(axes.flat)[len(axes_of) :]:
        ax.set_axis_off()
    axes.flat[len(axes_of)].legend(handles=list(handles.values()), frameon=False, loc="center")
    start = growth.START
    what = (
        f"batch {start.batch}, length {start.length},\n"
        f"{start.channels} channels, {start.filters} filters of size {start.size},\n"
        "one of them changed"
    )
    title = f"1-D convolution, {measure}: time by size"
    axes.flat[len(axes_of)].set_title(what, fontsize=8)
    return finish(figure, title, report, [])


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """The pictures of a report, by the end of their file's name."""
    if report["suite"] == "growth":
        return {
            f"-{measure.replace('+', '-')}": growths(report, measure) for measure in growth.MEASURES
        }
    if report["suite"] not in BRIEF or not report["cases"]:
        return {}
    drawn = {"-share": shares(report)}
    if any(row["peers"] for row in summary(report)):
        drawn["-ratio"] = ratios(report)
    return drawn


def draw(report: dict[str, Any], folder: Path, ending: str = ".svg") -> list[Path]:
    """Write the pictures of a report; the same numbers give the same files."""
    import matplotlib as mpl

    written = []
    with mpl.rc_context({"svg.hashsalt": report["suite"], "svg.fonttype": "none"}):
        for name, figure in figures(report).items():
            path = folder / f"{report['suite']}{name}{ending}"
            dated = {"Date": None} if ending == ".svg" else {}
            figure.savefig(path, metadata=dated, dpi=130)
            written.append(path)
    return written


def main() -> None:
    for path in sorted(RESULTS.glob("*.json")):
        for picture in draw(json.loads(path.read_text()), RESULTS):
            print(picture)


if __name__ == "__main__":
    main()
