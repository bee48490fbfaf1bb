"""What the commands do."""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from .. import _console
from .._checks import choice
from ..compilation import FAMILIES, warmup as compile_ahead
from ..data import categories, confusionmat, read_csv, read_ts, trainingPartitions
from ..data.waveform import waveform
from ..formats import ShapeError
from ..functions import rng
from ..io import loadNetwork, saveNetwork
from ..kernels.compilation import quietly, telling, unkept
from ..layers import (
    Layer,
    convolution1dLayer,
    dropoutLayer,
    fullyConnectedLayer,
    globalAveragePooling1dLayer,
    layerNormalizationLayer,
    reluLayer,
    sequenceInputLayer,
    softmaxLayer,
)
from ..network import dlnetwork
from ..training import TrainingInfo, minibatchpredict, scores2label, trainingOptions, trainnet
from ..training.plot import require_matplotlib
from .environment import describe_environment, require_cache

Array = np.ndarray[Any, Any]
Data = tuple[list[Array], Array]


def classifier(
    channels: int,
    classes: int,
    *,
    filters: Sequence[int] = (32, 64),
    filter_size: int = 5,
    normalization: str = "none",
    dropout: float = 0.0,
) -> list[Layer]:
    """The layers of the sequence classification example: blocks of causal convolution, ReLU and
    layer normalization.
    """
    layers: list[Layer] = [sequenceInputLayer(channels, Normalization=normalization)]
    for n in filters:
        layers += [
            convolution1dLayer(filter_size, n, Padding="causal"),
            reluLayer(),
            layerNormalizationLayer(),
        ]
    layers += [globalAveragePooling1dLayer()]
    layers += [dropoutLayer(dropout)] if dropout else []
    return [*layers, fullyConnectedLayer(classes), softmaxLayer()]


def demo(options: argparse.Namespace) -> int:
    """The sequence classification example on generated waveforms."""
    start = time.perf_counter()
    _check_figure(options.plot)
    rng(options.seed)
    X, T = waveform()
    parts = [_chosen((X, T), index) for index in trainingPartitions(len(X), [0.8, 0.1, 0.1])]
    _console.write(
        "1000 generated waveforms of 3 channels, 100 to 200 steps long; 800 to train, 100 to "
        "validate, 100 to test."
    )
    _console.write(
        "Network: two blocks of causal convolution (5 taps; 32 and 64 filters), average over time, "
        "softmax over 4 classes."
    )
    _console.write()
    settings = {"MaxEpochs": options.epochs, "InitialLearnRate": 0.01, "ValidationData": parts[1]}
    net, progress = _trained(parts[0], classifier(3, 4), "adam", settings, options)
    _plot(progress, options.plot)
    _report(net, parts[2])
    _console.write(f"\n{time.perf_counter() - start:.1f} s in all.")
    return 0


def train(options: argparse.Namespace) -> int:
    """Train on a file, test, save."""
    _check_figure(options.plot)
    _check_target(options.out)
    rng(options.seed)
    data = _labelled(options.file)
    test = _labelled(options.test) if options.test else None
    if test is not None and test[0][0].shape[1] != data[0][0].shape[1]:
        raise ValueError(
            f"{options.test}: the sequences have {test[0][0].shape[1]} channels, those of "
            f"{options.file} {data[0][0].shape[1]}."
        )
    data, test, validation = _split(data, test, options.validation)
    layers = classifier(
        data[0][0].shape[1],
        len(categories(data[1])),
        filters=options.filters,
        filter_size=options.filter_size,
        normalization=options.normalization,
        dropout=options.dropout,
    )
    settings: dict[str, Any] = {
        "MaxEpochs": options.epochs,
        "InitialLearnRate": options.rate,
        "MiniBatchSize": options.batch,
    }
    if validation is not None:
        settings["ValidationData"] = validation
    if options.solver == "sgdm":
        settings["GradientThreshold"] = 1
    settings["SequencePaddingDirection"] = options.padding
    net, progress = _trained(data, layers, options.solver, settings, options)
    if options.out:
        saveNetwork(net, options.out)
        _console.write(f"Network written to {options.out}")
    _plot(progress, options.plot)
    if test is not None:
        _report(net, test)
    return 0


def predict(options: argparse.Namespace) -> int:
    """Label a file's sequences."""
    _check_target(options.out)
    net = loadNetwork(options.net)
    names = net.Usage.ClassNames
    if names is None:
        raise ValueError(
            f"{options.net}: the network knows no class names; it was not trained on labels."
        )
    X, T = _read(options.file)
    if not X:
        raise ValueError(f"{options.file}: there is no sequence in the file.")
    try:
        scores = _scores(net, X, options.batch)
    except ShapeError as error:
        raise ShapeError(f"{options.file}: {error}") from None
    labels = scores2label(scores, np.asarray(names))
    rows = [["sequence", "label", *(f"score_{name}" for name in names)]]
    rows += [
        [str(i), str(label), *(f"{s:.6g}" for s in row)]
        for i, (label, row) in enumerate(zip(labels, scores, strict=True))
    ]
    _write_rows(options.out, rows)
    if T is not None and options.out:
        _show_result(T, labels)
    return 0


def info(options: argparse.Namespace) -> int:
    """Show the environment."""
    for name, value in describe_environment():
        _console.write(f"{name:<18}{value}")
    return 0


def warmup(options: argparse.Namespace) -> int:
    """Compile ahead of the first use."""
    folder = require_cache()
    families = [choice("warmup", "families", name, FAMILIES) for name in options.families]
    steps = [(family, name) for family in families or FAMILIES for name in options.types]
    counts, start = dict.fromkeys((family for family, _ in steps), 0), time.perf_counter()
    before = len(unkept())
    with _steps(steps, options.quiet) as each:
        for family, name in each:
            counts[family] += len(compile_ahead(family, types=name))
    if lost := unkept(before):
        raise OSError(
            f"warmup: {len(lost)} of the compiled kernels could not be kept in {folder}, so they "
            "are compiled again where they are needed. See the warning; make room or change it."
        )
    if not options.quiet:
        for family, count in counts.items():
            _console.write(f"{family:<16}{count:>3} compiled")
        _console.write(f"\n{time.perf_counter() - start:.1f} s; kept in {folder}")
    return 0


@contextmanager
def _steps(steps: list[tuple[str, str]], quiet: bool) -> Iterator[Iterable[tuple[str, str]]]:
    """The steps, on a terminal with a progress bar."""
    if quiet or not sys.stderr.isatty():
        yield steps
        return
    from tqdm import tqdm

    with tqdm(steps, leave=False, file=sys.stderr, dynamic_ncols=True) as bar:

        def named() -> Iterator[tuple[str, str]]:
            for family, name in bar:
                bar.set_postfix_str(f"{family}, {name}")
                yield family, name

        yield named()


# -- training -------------------------------------------------------------------------------------


def _trained(
    data: Data,
    layers: list[Layer],
    solver: str,
    settings: dict[str, Any],
    options: argparse.Namespace,
) -> tuple[dlnetwork, TrainingInfo]:
    """Train with a table and, on a terminal, a progress bar."""
    settings = {
        "SequencePaddingDirection": "left",
        "Metrics": "accuracy",
        "Shuffle": "every-epoch",
        "Verbose": not options.quiet,
        **settings,
    }
    batch = min(settings.get("MiniBatchSize", 128), len(data[0]))
    total = settings["MaxEpochs"] * (len(data[0]) // batch)
    with ExitStack() as stack:
        if options.quiet:
            stack.enter_context(quietly())
        elif sys.stderr.isatty():
            settings["OutputFcn"] = stack.enter_context(_progress_bar(total))
        net, result = trainnet(
            *data, layers, "crossentropy", trainingOptions(solver, **settings), nargout=2
        )
    if options.quiet and result.StopReason != "Max epochs completed":
        _console.write(f"Training stopped: {result.StopReason}")
    return net, result


def _plot(progress: TrainingInfo, path: str | None) -> None:
    """Write the figure of training."""
    if path:
        progress.savefig(path)
        _console.write(f"Training progress written to {path}")


@contextmanager
def _progress_bar(total: int) -> Iterator[Any]:
    """An output function that moves a bar with the time left; the table goes above it."""
    from tqdm import tqdm

    with tqdm(total=total, unit="it", leave=False, file=sys.stderr, dynamic_ncols=True) as bar:

        def move(progress: Any) -> None:
            if progress.State == "iteration" and progress.Iteration:
                bar.update(progress.Iteration - bar.n)
                bar.set_postfix_str(
                    f"epoch {progress.Epoch}, loss {progress.TrainingLoss:.4g}", refresh=False
                )

        with (
            _console.using(lambda text: tqdm.write(text, file=sys.stdout)),
            telling(lambda text: tqdm.write(text, file=sys.stderr)),
        ):
            yield move


def _scores(net: dlnetwork, X: list[Array], batch: int) -> Array:
    """Scores with the padding that the network was trained with."""
    usage = net.Usage
    scores: Array = minibatchpredict(
        net,
        X,
        MiniBatchSize=batch,
        SequencePaddingDirection=usage.SequencePaddingDirection or "right",
        SequencePaddingValue=usage.SequencePaddingValue or 0,
    )
    return scores


def _report(net: dlnetwork, data: Data) -> None:
    """Confusion matrix and accuracy on test data."""
    scores = _scores(net, data[0], 128)
    _show_result(data[1], scores2label(scores, np.asarray(net.Usage.ClassNames)))


def _show_result(true: Array, predicted: Array) -> None:
    true, predicted = np.asarray(true).astype(str), np.asarray(predicted).astype(str)
    names = np.unique(np.concatenate([true, predicted]))
    _console.write("\nTest data: a row for each true class, a column for each predicted one.\n")
    _console.write(confusion_text(confusionmat(true, predicted, Order=names), names))
    right = int(np.count_nonzero(true == predicted))
    _console.write(f"\nTest accuracy: {100 * right / len(true):.2f} % ({right} of {len(true)})")


def confusion_text(counts: Array, names: Any) -> str:
    """A confusion matrix with its class names."""
    labels = [str(name) for name in names]
    first = max(len(label) for label in labels)
    widths = [
        max(len(label), len(str(column.max())))
        for label, column in zip(labels, counts.T, strict=True)
    ]
    lines = [
        "  ".join(
            [
                "  " + " " * first,
                *(f"{label:>{w}}" for label, w in zip(labels, widths, strict=True)),
            ]
        )
    ]
    for label, row in zip(labels, counts, strict=True):
        lines.append(
            "  ".join(
                [
                    f"  {label:<{first}}",
                    *(f"{n:>{w}}" for n, w in zip(row.tolist(), widths, strict=True)),
                ]
            )
        )
    return "\n".join(lines)


# -- files ----------------------------------------------------------------------------------------


def _read(path: str) -> tuple[list[Array], Array | None]:
    return read_csv(path) if path.lower().endswith(".csv") else read_ts(path)


def _labelled(path: str) -> Data:
    X, T = _read(path)
    if not X:
        raise ValueError(f"{path}: there is no sequence in the file.")
    if T is None or T.dtype.kind == "f":
        raise ValueError(f"{path}: the sequences have no class labels; train needs them.")
    return X, T


def _chosen(data: Data, index: Array) -> Data:
    return [data[0][i] for i in index], data[1][index]


def _split(
    data: Data, test: Data | None, validation: float
) -> tuple[Data, Data | None, Data | None]:
    """Training, test and validation data: a tenth is kept for the test where there is no test
    file.
    """
    if not 0 <= validation < 0.9:
        raise ValueError(f"--validation must be at least 0 and below 0.9; got {validation}.")
    kept = [("validation", validation)] if validation else []
    kept += [("test", 0.1)] if test is None and len(data[0]) >= 20 else []
    if not kept:
        return data, test, None
    parts = trainingPartitions(len(data[0]), [*(f for _, f in kept), 1 - sum(f for _, f in kept)])
    chosen = {name: _chosen(data, index) for (name, _), index in zip(kept, parts, strict=False)}
    return _chosen(data, parts[-1]), chosen.get("test", test), chosen.get("validation")


def _check_figure(path: str | None) -> None:
    """Fail before training where no figure can be written."""
    if not path:
        return
    require_matplotlib()
    from matplotlib.backend_bases import FigureCanvasBase

    kinds = FigureCanvasBase.get_supported_filetypes()
    kind = os.path.splitext(path)[1][1:].lower()
    if kind and kind not in kinds:
        raise ValueError(f"{path}: a figure is one of {', '.join(sorted(kinds))}; not {kind}.")
    _check_target(path)


def _check_target(path: str | None) -> None:
    """Fail before the work where a file can't be written."""
    if path and os.path.isdir(path):
        raise IsADirectoryError(21, "Is a directory", path)
    folder = os.path.dirname(path or "") or "."
    if not os.path.isdir(folder):
        raise FileNotFoundError(2, "there is no such folder", folder)
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "the folder can't be written to", folder)


def _write_rows(path: str | None, rows: list[list[str]]) -> None:
    if path is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        return
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    _console.write(f"{len(rows) - 1} labels written to {path}")
