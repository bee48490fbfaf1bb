"""The verbose table, row by row as training goes."""

from __future__ import annotations

from collections.abc import Callable

from .. import _console
from .info import Progress, TrainingInfo
from .options import TrainingOptions

Write = Callable[[str], None]


class VerboseTable:
    """Prints a header, then rows: the first, every VerboseFrequency-th, validations and the
    last.
    """

    def __init__(
        self, options: TrainingOptions, info: TrainingInfo, write: Write = _console.write
    ) -> None:
        self.frequency = options.VerboseFrequency
        self.names = ["Iteration", "Epoch", "TimeElapsed", "LearnRate", "TrainingLoss"]
        validated = options.ValidationData is not None
        self.names += ["ValidationLoss"] if validated else []
        for metric in info.metrics:
            self.names += [f"Training{metric}", *([f"Validation{metric}"] if validated else [])]
        self.write = write
        self.pending: Progress | None = None

    def header(self) -> None:
        self.write("".join(f"    {name}" for name in self.names))
        self.write("".join(f"    {'_' * len(name)}" for name in self.names))

    def update(self, progress: Progress) -> None:
        """Print the row of this moment if it is one to print."""
        if (
            progress.Iteration <= 1
            or progress.Iteration % self.frequency == 0
            or progress.ValidationLoss is not None
        ):
            self._row(progress)
            self.pending = None
        else:
            self.pending = progress

    def close(self, reason: str) -> None:
        if self.pending is not None:
            self._row(self.pending)
        self.write(f"Training stopped: {reason}")

    def _row(self, progress: Progress) -> None:
        self.write("".join(f"    {_cell(progress, name):>{len(name)}}" for name in self.names))


def _cell(progress: Progress, name: str) -> str:
    value = getattr(progress, name)
    if value is None:
        return ""
    if name == "TimeElapsed":
        seconds = int(value)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(value) if isinstance(value, int) else _console.number(value, ".5g")
