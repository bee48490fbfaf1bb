"""What training tells: `TrainingInfo`, and the progress that output functions see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..network import Table


@dataclass
class Progress:
    """One moment of training; values that do not apply are None.

    `State` is "start", "iteration" or "done".
    """

    State: str
    Iteration: int = 0
    Epoch: int = 0
    TimeElapsed: float = 0.0
    LearnRate: float | None = None
    TrainingLoss: float | None = None
    ValidationLoss: float | None = None
    TrainingAccuracy: float | None = None
    ValidationAccuracy: float | None = None


@dataclass
class TrainingInfo:
    """The course of training.

    `TrainingHistory` has a row an iteration: Iteration, Epoch, TimeElapsed (seconds), LearnRate,
    TrainingLoss and metrics. `ValidationHistory` has a row an evaluation, the first before
    training: Iteration, ValidationLoss and metrics. `OutputNetworkIteration` tells the iteration of
    the network returned, `StopReason` why training ended.

    Examples
    --------
    >>> X, T = datasets.waveform(8)
    >>> head = [globalAveragePooling1dLayer(), fullyConnectedLayer(4), softmaxLayer()]
    >>> options = trainingOptions("adam", MaxEpochs=2, Verbose=False)
    >>> layers = [sequenceInputLayer(3), *head]
    >>> net, info = trainnet(X, T, layers, "crossentropy", options, nargout=2)
    >>> info.StopReason, info.TrainingHistory.Iteration
    ('Max epochs completed', [1, 2])
    """

    StopReason: str = ""
    OutputNetworkIteration: int = 0
    metrics: tuple[str, ...] = ()
    _training: dict[str, list[Any]] = field(default_factory=dict)
    _validation: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("Iteration", "Epoch", "TimeElapsed", "LearnRate", "TrainingLoss")
        for name in (*names, *(f"Training{m}" for m in self.metrics)):
            self._training.setdefault(name, [])
        for name in ("Iteration", "ValidationLoss", *(f"Validation{m}" for m in self.metrics)):
            self._validation.setdefault(name, [])

    def record(self, progress: Progress) -> None:
        """Append what one moment of training tells."""
        if progress.TrainingLoss is not None:
            for name, column in self._training.items():
                column.append(getattr(progress, name))
        if progress.ValidationLoss is not None:
            for name, column in self._validation.items():
                column.append(getattr(progress, name))

    @property
    def TrainingHistory(self) -> Table:
        return Table(self._training)

    @property
    def ValidationHistory(self) -> Table:
        return Table(self._validation)

    def savefig(self, path: Any) -> None:
        """Write the figure of training progress; needs matplotlib."""
        from .plot import progress_figure

        progress_figure(self).savefig(path, dpi=150)

    def show(self) -> None:
        """Show the figure of training progress; needs matplotlib and a display."""
        from .plot import show_figure

        show_figure(self)

    def __repr__(self) -> str:
        rows = [
            ("TrainingHistory", f"[{len(self.TrainingHistory)}×{len(self._training)} table]"),
            ("ValidationHistory", f"[{len(self.ValidationHistory)}×{len(self._validation)} table]"),
            ("OutputNetworkIteration", str(self.OutputNetworkIteration)),
            ("StopReason", f'"{self.StopReason}"'),
        ]
        lines = [f"{name:>26}: {value}" for name, value in rows]
        return "\n".join(["", "  TrainingInfo with properties:", "", *lines, ""])
