"""Prediction and evaluation over data sets: `minibatchpredict`, `scores2label`, `testnet`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _calls, _checks
from ..array import dlarray
from ..array.protocols import plain
from ..formats import ShapeError, describe
from ..network import dlnetwork
from ..network.run import numeric_output, output_names, require_network, run
from .metrics import METRICS
from .options import padding_value, parse_metrics
from .sequences import Batches, as_sequences, as_targets

Array = np.ndarray[Any, Any]


@_calls.explained
def minibatchpredict(
    net: dlnetwork,
    X: Any,
    *,
    MiniBatchSize: int = 128,
    Outputs: str | Sequence[str] | None = None,
    UniformOutput: bool = True,
    SequenceLength: str | int = "longest",
    SequencePaddingDirection: str = "right",
    SequencePaddingValue: float = 0,
    InputDataFormats: str = "auto",
    OutputDataFormats: str = "auto",
    ExecutionEnvironment: str = "auto",
    Acceleration: str = "auto",
    nargout: int = 1,
) -> Any:
    """The outputs of a network for all sequences, in their order.

    Parameters
    ----------
    net : an initialized network.
    X : sequences: a list of arrays time × channels, or one array time × channels × observations.
    MiniBatchSize : sequences of a mini-batch are padded to one length; layers see the padding.
    Outputs : names of layers whose outputs to return.
    UniformOutput : False returns lists, one array an observation.
    SequenceLength : "longest", "shortest" or a number of steps.
    SequencePaddingDirection, SequencePaddingValue : "right" or "left", and a number.
    InputDataFormats : "auto" or the layout of the data, such as "CTB".
    nargout : how many outputs to return.

    Returns observations × channels; sequences come as time × channels × observations and keep the
    padding, shorter ones padded further on the padding side where mini-batches differ.

    Examples
    --------
    >>> net = dlnetwork([sequenceInputLayer(3), globalMaxPooling1dLayer(), fullyConnectedLayer(2)])
    >>> minibatchpredict(net, [np.ones((10, 3)), np.ones((12, 3))]).shape
    (2, 2)
    """
    call = "minibatchpredict"
    require_network(net, call)
    _checks.choice(call, "OutputDataFormats", OutputDataFormats, ("auto",))
    _checks.choice(
        call, "ExecutionEnvironment", ExecutionEnvironment, ("auto", "cpu"), ("gpu", "multi-gpu")
    )
    _checks.choice(call, "Acceleration", Acceleration, ("auto", "none"), ("mex",))
    size = _checks.integer(call, "MiniBatchSize", MiniBatchSize)
    direction = _checks.choice(
        call, "SequencePaddingDirection", SequencePaddingDirection, ("right", "left")
    )
    length = _sequence_length(call, SequenceLength)
    value = padding_value(call, "SequencePaddingValue", SequencePaddingValue)
    uniform = _checks.logical(call, "UniformOutput", UniformOutput)
    names = output_names(net, Outputs)
    _checks.nargout(call, nargout, range(1, len(names) + 1))
    sequences = as_sequences(call, net, X, InputDataFormats)
    if not sequences:
        raise ShapeError(f"{call}: there are no observations to predict.")
    batches = Batches(sequences, None, length=length, direction=direction, value=value)
    parts = _predicted(net, batches, size, names)
    results = [_joined(column, direction, value, uniform=uniform) for column in parts[:nargout]]
    return results[0] if nargout == 1 else tuple(results)


def _predicted(
    net: dlnetwork, batches: Batches, size: int, names: Sequence[str]
) -> list[list[dlarray]]:
    """For each output its mini-batches of this size."""
    parts: list[list[dlarray]] = [[] for _ in names]
    count = len(batches.X)
    for start in range(0, count, size):
        X = batches.inputs(np.arange(start, min(start + size, count)))
        outputs, _ = run(net, [X], training=False, outputs=names)
        for column, y in zip(parts, outputs, strict=True):
            column.append(y)
    return parts


def _sequence_length(call: str, value: Any) -> str | int:
    if _checks.is_number(value):
        return _checks.integer(call, "SequenceLength", value)
    return _checks.choice(
        call, "SequenceLength", value, ("longest", "shortest"), other="a number of steps"
    )


def _joined(parts: list[dlarray], direction: str, value: float, *, uniform: bool) -> Any:
    """Mini-batches of one output as an array over all observations, or as a list of one array
    each.
    """
    arrays = [numeric_output(y) for y in parts]
    timed = "T" in parts[0].fmt
    if not uniform:
        return [
            x
            for array in arrays
            for x in (np.moveaxis(array, -1, 0) if timed else array[:, np.newaxis])
        ]
    if not timed:
        return np.concatenate(arrays)
    steps = max(array.shape[0] for array in arrays)
    padded = []
    for array in arrays:
        extra = (steps - array.shape[0], 0) if direction == "left" else (0, steps - array.shape[0])
        padded.append(np.pad(array, [extra, *[(0, 0)] * (array.ndim - 1)], constant_values=value))
    return np.concatenate(padded, axis=-1)


@_calls.explained
def scores2label(scores: Any, classNames: Any, *, nargout: int = 1) -> Any:
    """The class of the largest score of each observation, the first one at ties.

    Parameters
    ----------
    scores : observations × classes, or a formatted dlarray with a C dimension.
    classNames : the classes in the order of the scores.
    nargout : 2 returns also the largest scores.

    Examples
    --------
    >>> scores2label([[0.1, 0.9], [0.8, 0.2]], ["cat", "dog"]).tolist()
    ['dog', 'cat']
    """
    _checks.nargout("scores2label", nargout, (1, 2))
    if isinstance(scores, dlarray) and scores.fmt:
        scores = numeric_output(scores)
    values = plain(scores, "scores2label")
    names = np.atleast_1d(plain(classNames, "scores2label: classNames"))
    if values.ndim < 2 or values.shape[1] != len(names):
        raise ShapeError(
            f"scores2label: scores must be observations × classes; got {describe(values.shape)} "
            f"for {len(names)} class names. Give one "
            "name for each column."
        )
    labels = names[np.argmax(values, axis=1)]
    return (labels, values.max(axis=1)) if nargout == 2 else labels


@_calls.explained
def testnet(
    net: dlnetwork,
    X: Any,
    T: Any,
    metrics: Any,
    *,
    MiniBatchSize: int = 128,
    SequenceLength: str | int = "longest",
    SequencePaddingDirection: str = "right",
    SequencePaddingValue: float = 0,
    InputDataFormats: str = "auto",
    ExecutionEnvironment: str = "auto",
) -> Any:
    """Metrics of a network on labelled sequences.

    Parameters
    ----------
    net : a trained network.
    X, T : sequences and one label each, as for `trainnet`.  The classes are those of training, if
        the network knows them, else those of T.
    metrics : "accuracy" (in percent), or a list of names.

    Returns one number, or an array with one for each metric of a list.

    Examples
    --------
    >>> X, T = datasets.waveform(8)
    >>> head = [globalMaxPooling1dLayer(), fullyConnectedLayer(4), softmaxLayer()]
    >>> net = dlnetwork([sequenceInputLayer(3), *head]).with_usage(ClassNames=categories(T))
    >>> 0 <= testnet(net, X, T, "accuracy") <= 100
    True
    """
    call = "testnet"
    require_network(net, call)
    names = parse_metrics(call, metrics)
    if not names:
        raise ValueError(f'{call}: name a metric, for example "accuracy".')
    scores = minibatchpredict(
        net,
        X,
        MiniBatchSize=MiniBatchSize,
        SequenceLength=SequenceLength,
        SequencePaddingDirection=SequencePaddingDirection,
        SequencePaddingValue=SequencePaddingValue,
        InputDataFormats=InputDataFormats,
        ExecutionEnvironment=ExecutionEnvironment,
    )
    values = _measured(call, names, scores, T, net.Usage.ClassNames)
    return values[0] if isinstance(metrics, str) else np.array(values)


def _measured(call: str, names: Sequence[str], scores: Any, T: Any, known: Any) -> list[Any]:
    """These metrics of scores and targets, whose classes are ``known`` or those of the targets."""
    classes = None if known is None else np.asarray(known)
    targets = as_targets(call, T, count=len(scores), encode_integers=True, classes=classes)
    if targets.values.shape != scores.shape:
        raise ShapeError(
            f"{call}: the network gives {scores.shape[1]} scores, the targets have "
            f"{targets.values.shape[1]} classes. Give labels of all classes."
        )
    values = []
    for name in names:
        counter = METRICS[name]()
        counter.add(dlarray(scores, "BC"), dlarray(targets.values, "BC"))
        values.append(counter.value())
    return values


testnet.__test__ = False  # type: ignore[attr-defined] # or pytest takes it for a test
