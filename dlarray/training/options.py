"""`trainingOptions`: how `trainnet` trains.

An option that this version does not build accepts its default only: nothing is accepted and
ignored.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

from .. import _calls, _checks, _console
from .._checks import one_of

CALL = "trainingOptions"


def _threshold(call: str, name: str, value: Any) -> float:
    return _checks.number(call, name, value, 0, above=True)


def _at_least_zero(call: str, name: str, value: Any) -> float:
    return _checks.number(call, name, value, 0, below=True)


def _fraction(call: str, name: str, value: Any) -> float:
    return _checks.number(call, name, value, 0, 1)


def _decay(call: str, name: str, value: Any) -> float:
    return _checks.number(call, name, value, 0, 1, below=True)


def padding_value(call: str, name: str, value: Any) -> float:
    """A number; NaN too."""
    if isinstance(value, float) and math.isnan(value):
        return math.nan
    return _checks.number(call, name, value)


def _only(default: Any, instead: str = "") -> _checks.Check:
    """An option that is not built: its default is all it takes."""

    def check(call: str, name: str, value: Any) -> Any:
        same = (
            value.lower() == default.lower()
            if isinstance(value, str) and isinstance(default, str)
            else value == default
        )
        if value is None and default in ("", None):
            same = True
        if same is not True:
            hint = f" {instead}" if instead else ""
            raise ValueError(
                f"{call}: {name}={value!r} is not available in this version; it must be "
                f"{default!r}.{hint}"
            )
        return default

    return check


def _sequence_length(call: str, name: str, value: Any) -> str:
    if _checks.is_number(value):
        raise ValueError(
            f'{call}: {name}={value!r} is not available in this version; possible: "longest", '
            '"shortest". A number of steps '
            "belongs to trainNetwork."
        )
    return _checks.choice(call, name, value, ("longest", "shortest"))


def _metrics(call: str, name: str, value: Any) -> tuple[str, ...]:
    return parse_metrics(call, value)


def parse_metrics(call: str, value: Any) -> tuple[str, ...]:
    """Names of metrics, in order."""
    if value is None:
        return ()
    names = (
        [value] if isinstance(value, str) or not isinstance(value, (list, tuple)) else list(value)
    )
    unbuilt = ("auc", "fscore", "precision", "recall", "rmse", "mape", "rsquared", "mse", "mae")
    checked = []
    for metric in names:
        if not isinstance(metric, str):
            raise ValueError(
                f"{call}: metric objects and functions are not available in this version; got "
                f"{type(metric).__name__}. Possible: "
                '"accuracy".'
            )
        checked.append(_checks.choice(call, "Metrics", metric, ("accuracy",), unbuilt))
    return tuple(checked)


def _functions(call: str, name: str, value: Any) -> tuple[Callable[[Any], Any], ...]:
    if value is None:
        return ()
    functions = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    for function in functions:
        if not callable(function):
            raise ValueError(
                f"{call}: {name} must be a function or a list of functions; got "
                f"{type(function).__name__}."
            )
    return functions


def _validation_data(call: str, name: str, value: Any) -> Any:
    if value is None or (isinstance(value, (list, tuple)) and len(value) == 2):
        return value
    raise ValueError(
        f"{call}: {name} must be a pair (X, T) of sequences and targets; got "
        f"{type(value).__name__}."
    )


def _input_formats(call: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(
            f'{call}: {name} must be "auto" or a format such as "CTB"; got {type(value).__name__}.'
        )
    if value.lower() == "auto":
        return "auto"
    if sorted(value) != sorted("CTB"):
        raise ValueError(
            f'{call}: {name} must be "auto" or the labels C, T and B in some order; got "{value}".'
        )
    return value


_COMMON: dict[str, tuple[Any, _checks.Check]] = {
    "MaxEpochs": (30, _checks.integer),
    "LearnRateSchedule": ("none", _only("none")),
    "LearnRateDropFactor": (0.1, _only(0.1)),
    "LearnRateDropPeriod": (10, _only(10)),
    "MiniBatchSize": (128, _checks.integer),
    "Shuffle": ("once", one_of("once", "never", "every-epoch")),
    "CheckpointFrequency": (1, _only(1)),
    "CheckpointFrequencyUnit": ("epoch", _only("epoch")),
    "SequenceLength": ("longest", _sequence_length),
    "PreprocessingEnvironment": (
        "serial",
        one_of("serial", unbuilt=("background", "parallel")),
    ),
    "L2Regularization": (1e-4, _at_least_zero),
    "GradientThresholdMethod": (
        "l2norm",
        one_of("l2norm", "global-l2norm", "absolute-value"),
    ),
    "GradientThreshold": (math.inf, _threshold),
    "Verbose": (True, _checks.logical),
    "VerboseFrequency": (50, _checks.integer),
    "ValidationData": (None, _validation_data),
    "ValidationFrequency": (50, _checks.integer),
    "ValidationPatience": (math.inf, _only(math.inf)),
    "ObjectiveMetricName": ("loss", _only("loss")),
    "CheckpointPath": ("", _only("")),
    "ExecutionEnvironment": (
        "auto",
        one_of(
            "auto",
            "cpu",
            unbuilt=("gpu", "multi-gpu", "parallel-auto", "parallel-cpu", "parallel-gpu"),
        ),
    ),
    "OutputFcn": (None, _functions),
    "Metrics": (None, _metrics),
    "Plots": ("none", one_of("none", "training-progress")),
    "SequencePaddingValue": (0, padding_value),
    "SequencePaddingDirection": ("right", one_of("right", "left")),
    "InputDataFormats": ("auto", _input_formats),
    "TargetDataFormats": ("auto", _only("auto")),
    "ResetInputNormalization": (True, _checks.logical),
    "BatchNormalizationStatistics": (
        "auto",
        one_of("auto", unbuilt=("population", "moving")),
    ),
    "OutputNetwork": ("auto", one_of("auto", "last-iteration", "best-validation")),
    "Acceleration": ("auto", one_of("auto", "none")),
    "WorkerLoad": (None, _only(None, "Training runs in this process.")),
    "DispatchInBackground": (False, _only(False, "Use PreprocessingEnvironment.")),
}


_OBSOLETE = ("WorkerLoad", "DispatchInBackground")  # of old MATLAB code: accepted, not shown


class TrainingOptions:
    """Options of a solver; properties can be changed and are checked then too."""

    _specs: ClassVar[dict[str, tuple[Any, _checks.Check]]] = {}

    @_calls.explained
    def __init__(self, **options: Any) -> None:
        _calls.unknown(CALL, options, self._specs)
        for name, (default, _) in self._specs.items():
            setattr(self, name, options.get(name, default))

    def __setattr__(self, name: str, value: Any) -> None:
        _calls.unknown(CALL, [name], self._specs)
        object.__setattr__(self, name, self._specs[name][1](CALL, name, value))

    def __getattr__(self, name: str) -> Any:  # for type checkers: options are set by name
        raise AttributeError(
            f"{type(self).__name__} has no option {name}. Options are {', '.join(self._specs)}."
        )

    def __repr__(self) -> str:
        shown = [name for name in self._specs if name not in _OBSOLETE]
        width = max(len(name) for name in shown) + 4
        lines = [f"{name:>{width}}: {_option_text(getattr(self, name))}" for name in shown]
        return "\n".join(["", f"  {type(self).__name__} with properties:", "", *lines, ""])


def _option_text(value: Any) -> str:
    if value is None or value == ():
        return "[]"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (int, float)):
        return _console.number(value)
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return "{" + " ".join(f"'{part}'" for part in value) + "}"
    return f"[1×{len(value)} {type(value).__name__}]" if hasattr(value, "__len__") else str(value)


class TrainingOptionsADAM(TrainingOptions):
    """Options of Adam.

    Examples
    --------
    >>> options = trainingOptions("adam")
    >>> isinstance(options, TrainingOptionsADAM), options.Epsilon
    (True, 1e-08)
    """

    _specs: ClassVar = {
        "GradientDecayFactor": (0.9, _decay),
        "SquaredGradientDecayFactor": (0.999, _decay),
        "Epsilon": (1e-8, _checks.positive),
        "InitialLearnRate": (0.001, _checks.positive),
        **_COMMON,
    }


class TrainingOptionsSGDM(TrainingOptions):
    """Options of stochastic gradient descent with momentum.

    Examples
    --------
    >>> options = trainingOptions("sgdm")
    >>> isinstance(options, TrainingOptionsSGDM), options.Momentum
    (True, 0.9)
    """

    _specs: ClassVar = {
        "Momentum": (0.9, _fraction),
        "InitialLearnRate": (0.01, _checks.positive),
        **_COMMON,
    }


@_calls.explained
def trainingOptions(solverName: str, **options: Any) -> TrainingOptions:
    """Options for `trainnet`.

    Parameters
    ----------
    solverName : "adam" or "sgdm".
    InitialLearnRate : 0.001 for adam, 0.01 for sgdm.
    MaxEpochs, MiniBatchSize : 30 and 128.  Observations that do not fill a mini-batch are left out
        of an epoch.
    Shuffle : "once", "never" or "every-epoch".
    ValidationData, ValidationFrequency : a pair (X, T), and every how many iterations it is used
        (50).
    Metrics : "accuracy", in percent.
    OutputNetwork : "last-iteration", "best-validation", or "auto": the best where there is
        validation data.
    SequenceLength : "longest" or "shortest": mini-batches are padded or cut to theirs.
    SequencePaddingDirection, SequencePaddingValue : "right" or "left", and a number.
    InputDataFormats : "auto" (time × channels) or the layout of the data, such as "CTB".
    L2Regularization : 1e-4.
    GradientThreshold, GradientThresholdMethod : Inf, and "l2norm", "global-l2norm" or
        "absolute-value".
    Verbose, VerboseFrequency : print a table, every how many iterations (50).
    Plots : "none" or "training-progress", which needs matplotlib.
    OutputFcn : functions of the progress; training stops when one returns True.
    Momentum : sgdm, 0.9.
    GradientDecayFactor, SquaredGradientDecayFactor, Epsilon : adam, 0.9, 0.999, 1e-8.

    Further options of MATLAB's function exist and take their default only.

    Raises
    ------
    TypeError : an unknown option.
    ValueError : a value out of range, or one that this version does not build.

    Examples
    --------
    >>> trainingOptions("adam", MaxEpochs=60).MaxEpochs
    60
    """
    name = _checks.choice(
        CALL, "solverName", solverName, ("adam", "sgdm"), ("rmsprop", "lbfgs", "lm")
    )
    return {"adam": TrainingOptionsADAM, "sgdm": TrainingOptionsSGDM}[name](**options)
