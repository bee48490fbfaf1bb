"""The figure of training progress, with matplotlib (extra "plot")."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .info import TrainingInfo

SMOOTHING = 0.1  # weight of the newest loss in the smoothed curve


def require_matplotlib() -> Any:
    """matplotlib's figure module, or an error that names the extra."""
    try:
        import matplotlib.figure
    except ImportError:
        raise ImportError(
            "The training-progress plot needs matplotlib. Install it with: python -m pip install "
            '"dlarray[plot]".'
        ) from None
    return matplotlib.figure


def progress_figure(info: TrainingInfo) -> Any:
    """A figure with the loss, raw and smoothed, and one axes for each metric; epochs are shaded."""
    figure = require_matplotlib().Figure(
        figsize=(9, 3.2 * (1 + len(info.metrics))), layout="constrained"
    )
    draw(figure, info)
    return figure


def draw(figure: Any, info: TrainingInfo) -> None:
    """Draw the progress so far into a figure."""
    figure.clear()
    axes = figure.subplots(1 + len(info.metrics), 1, sharex=True, squeeze=False)[:, 0]
    training, validation = info._training, info._validation
    for ax, name in zip(axes, ("Loss", *info.metrics), strict=True):
        iterations, values = training["Iteration"], training[f"Training{name}"]
        ax.plot(iterations, values, color="C0", alpha=0.35, linewidth=1, label="training")
        ax.plot(
            iterations, _smoothed(values), color="C0", linewidth=1.8, label="training, smoothed"
        )
        if validation["Iteration"]:
            ax.plot(
                validation["Iteration"],
                validation[f"Validation{name}"],
                "o--",
                color="black",
                markersize=4,
                label="validation",
            )
        ax.set_ylabel("Accuracy (%)" if name == "Accuracy" else name)
        ax.grid(alpha=0.3)
        _shade_epochs(ax, training)
    axes[0].legend(loc="upper right")
    axes[-1].set_xlabel("Iteration")
    axes[0].set_title(
        f"Training progress: {info.StopReason}" if info.StopReason else "Training progress"
    )


def _smoothed(values: list[float]) -> list[float]:
    result: list[float] = []
    for value in values:
        result.append(value if not result else (1 - SMOOTHING) * result[-1] + SMOOTHING * value)
    return result


def _shade_epochs(ax: Any, training: dict[str, list[Any]]) -> None:
    epochs = np.array(training["Epoch"])
    if not epochs.size or epochs.max() > 60:
        return
    for epoch in range(2, int(epochs.max()) + 1, 2):
        at = np.flatnonzero(epochs == epoch)
        if at.size:
            first, last = training["Iteration"][at[0]], training["Iteration"][at[-1]]
            ax.axvspan(first - 0.5, last + 0.5, color="black", alpha=0.05, linewidth=0)


class ProgressWindow:
    """A window that follows training; without a display it warns once and does nothing.

    ``depth`` is how many calls up the user's line is, to which the warning points.
    """

    def __init__(self, info: TrainingInfo, depth: int = 2) -> None:
        require_matplotlib()
        from matplotlib import pyplot
        from matplotlib.backends.registry import BackendFilter, backend_registry

        self.info, self.figure, self.pyplot = info, None, pyplot
        windows = backend_registry.list_builtin(BackendFilter.INTERACTIVE)  # type: ignore[no-untyped-call]
        if pyplot.get_backend().lower() not in {name.lower() for name in windows}:
            warnings.warn(
                'Plots="training-progress": there is no display. Training goes on; '
                "info.savefig(file) writes the figure.",
                stacklevel=depth,
            )
            return
        pyplot.ion()
        self.figure = pyplot.figure("Training progress", figsize=(9, 6), layout="constrained")

    def update(self) -> None:
        """Redraw."""
        if self.figure is not None:
            draw(self.figure, self.info)
            self.figure.canvas.draw_idle()
            self.pyplot.pause(0.001)


def show_figure(info: TrainingInfo) -> None:
    """Open a window with the figure."""
    window = ProgressWindow(info, depth=4)  # here, info.show, the user
    window.update()
    if window.figure is not None:
        window.pyplot.show(block=False)
