"""`trainnet`: train a network on sequences."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import _calls, _checks
from ..array import dlarray, untraced, variable, wrap
from ..formats import ShapeError
from ..functions.random import generator, keyed
from ..layers import Layer
from ..network import dlnetwork, initialize
from ..network.run import run
from ..tape import gradients, recording
from .info import Progress, TrainingInfo
from .losses import parse_loss
from .metrics import METRICS
from .options import TrainingOptions
from .report import VerboseTable
from .sequences import Batches, Targets, as_sequences, as_targets
from .solvers import Solver

CALL = "trainnet"

Array = np.ndarray[Any, Any]


@_calls.explained
def trainnet(*arguments: Any, nargout: int = 1) -> Any:
    """Train a network: ``trainnet(X, targets, net, lossFcn, options)`` or ``trainnet((X, targets),
    net, lossFcn, options)``.

    Parameters
    ----------
    X : sequences: a list of arrays time × channels, or one array time × channels × observations.
    targets : one label an observation (text, integers or a pandas categorical), or one row of
        numbers for a loss function.
    net : a `dlnetwork` or a list of layers; it is not changed.
    lossFcn : "crossentropy", for a network that ends in softmax, or a function ``loss(Y, T)`` of
        dlarrays, which returns one element.
    options : from `trainingOptions`.
    nargout : 2 returns ``(net, info)`` with a `TrainingInfo`.

    Training stops at MaxEpochs; when an output function returns True; at the first Ctrl-C, after
    the iteration under way; and when the loss is not finite, with the last network whose loss was.
    In each case the network so far is returned, and training can go on from it.

    Raises
    ------
    ShapeError : sequences whose channels are not those of the input layer, or targets that do not
        match.

    Examples
    --------
    >>> X, T = datasets.waveform(64)
    >>> head = [globalAveragePooling1dLayer(), fullyConnectedLayer(4), softmaxLayer()]
    >>> options = trainingOptions("adam", MaxEpochs=1, Verbose=False)
    >>> net = trainnet(X, T, [sequenceInputLayer(3), *head], "crossentropy", options)
    """
    X, T, net, loss, options = _parsed(arguments)
    _checks.nargout(CALL, nargout, (1, 2))
    training = Training(X, T, net, loss, options)
    with _stopping_at_interrupt(training):
        result = training.run()
    return (result, training.info) if nargout == 2 else result


def _parsed(arguments: Sequence[Any]) -> tuple[Any, Any, dlnetwork, Any, TrainingOptions]:
    if len(arguments) == 4 and isinstance(arguments[0], (tuple, list)) and len(arguments[0]) == 2:
        arguments = (*arguments[0], *arguments[1:])
    if len(arguments) != 5:
        raise TypeError(
            f"{CALL}: takes (X, targets, net, lossFcn, options) or ((X, targets), net, lossFcn, "
            f"options); got {len(arguments)} arguments."
        )
    X, T, net, loss, options = arguments
    if isinstance(net, (list, tuple, Layer)):
        net = dlnetwork(net, Initialize=False)
    if not isinstance(net, dlnetwork):
        raise TypeError(
            f"{CALL}: net must be a dlnetwork or a list of layers; got {type(net).__name__}."
        )
    if not isinstance(options, TrainingOptions):
        raise TypeError(
            f'{CALL}: options must come from trainingOptions("adam", ...); got '
            f"{type(options).__name__}."
        )
    return X, T, net, loss, options


class Training:
    """One run of `trainnet`."""

    def __init__(self, X: Any, T: Any, net: dlnetwork, loss: Any, options: TrainingOptions) -> None:
        self.options = options
        if len(net.OutputNames) != 1:
            raise ValueError(
                f"{CALL}: this version trains networks with one output; the network has "
                f"{net.OutputNames}."
            )
        self.loss, labels = parse_loss(CALL, loss)
        sequences = as_sequences(CALL, net, X, options.InputDataFormats)
        if not sequences:
            raise ShapeError(f"{CALL}: there are no observations to train on.")
        targets = as_targets(CALL, T, count=len(sequences), encode_integers=labels)
        if options.Metrics and targets.classes is None and targets.values.shape[1] == 1:
            raise ValueError(
                f"{CALL}: metric accuracy needs class labels as targets; they are numbers."
            )
        self.net = self._prepared(net, sequences, targets)
        self.train = self._batches(sequences, targets)
        self.validation = self._validation(net, targets, labels)
        self.info = TrainingInfo(metrics=tuple(METRICS[name].name for name in options.Metrics))
        self.solver = Solver(self.net, options)
        self.key = int(generator().integers(0, 2**63))
        self.shuffler = np.random.Generator(np.random.PCG64(int(generator().integers(0, 2**63))))
        self.stop_reason = ""
        self.best_loss, self.best_net, self.best_iteration = math.inf, self.net, 0
        self.steps = 0  # that made self.net
        self.before = self.net, 0
        self.start = time.perf_counter()

    def _prepared(self, net: dlnetwork, sequences: list[Array], targets: Targets) -> dlnetwork:
        """The network with input statistics and initial parameters."""
        layers = [layer.copy() for layer in net._layers]
        for layer in layers:
            if self.options.ResetInputNormalization or layer.missingStatistics():
                layer.resetNormalization(x.T for x in sequences)
        ready = net.with_layers(layers)
        ready = ready if ready.Initialized else initialize(ready)
        classes = None if targets.classes is None else tuple(targets.classes.tolist())
        return ready.with_usage(
            ClassNames=classes,
            InputDataFormats=self.options.InputDataFormats,
            SequencePaddingDirection=self.options.SequencePaddingDirection,
            SequencePaddingValue=self.options.SequencePaddingValue,
        )

    def _batches(self, sequences: list[Array], targets: Targets) -> Batches:
        options = self.options
        return Batches(
            sequences,
            targets.values,
            length=options.SequenceLength,
            direction=options.SequencePaddingDirection,
            value=options.SequencePaddingValue,
        )

    def _validation(self, net: dlnetwork, targets: Targets, labels: bool) -> Batches | None:
        if self.options.ValidationData is None:
            return None
        X, T = self.options.ValidationData
        call = f"{CALL}: ValidationData"
        sequences = as_sequences(call, net, X, self.options.InputDataFormats)
        if not sequences:
            raise ShapeError(f"{call}: there are no observations.")
        return self._batches(
            sequences,
            as_targets(
                call, T, count=len(sequences), encode_integers=labels, classes=targets.classes
            ),
        )

    # -- the loop ---------------------------------------------------------------------------------

    def run(self) -> dlnetwork:
        """Train, and return the network that OutputNetwork names."""
        options = self.options
        table = VerboseTable(options, self.info) if options.Verbose else None
        window = self._window()
        if table:
            table.header()
        self._tell(Progress("start", LearnRate=options.InitialLearnRate))
        if self.validation is not None:
            self._after(
                Progress("iteration", LearnRate=options.InitialLearnRate), table, validate=True
            )
        iteration = 0
        for iteration, epoch, index, last in () if self.stop_reason else self._schedule():
            progress, finite = self._iterate(iteration, epoch, index)
            due = iteration % options.ValidationFrequency == 0 or last
            self._after(progress, table, validate=finite and due and self.validation is not None)
            if window is not None and (iteration % options.VerboseFrequency == 0 or last):
                window.update()
            if self.stop_reason:
                break
        self._drop_broken_step()
        self.info.StopReason = self.stop_reason or "Max epochs completed"
        self._tell(Progress("done", iteration, TimeElapsed=self._elapsed()))
        if table:
            table.close(self.info.StopReason)
        return self._result()

    def _window(self) -> Any:
        if self.options.Plots == "none":
            return None
        from .plot import ProgressWindow

        return ProgressWindow(self.info, depth=6)  # here, run, trainnet, its check, the user

    def _schedule(self) -> Iterator[tuple[int, int, Array, bool]]:
        """(iteration, epoch, observations, whether it is the last) of every mini-batch."""
        n, size = len(self.train.X), min(self.options.MiniBatchSize, len(self.train.X))
        per_epoch = n // size
        order = np.arange(n)
        for epoch in range(1, self.options.MaxEpochs + 1):
            if self.options.Shuffle == "every-epoch" or (
                self.options.Shuffle == "once" and epoch == 1
            ):
                order = self.shuffler.permutation(n)
            for k in range(per_epoch):
                iteration = (epoch - 1) * per_epoch + k + 1
                yield (
                    iteration,
                    epoch,
                    order[k * size : (k + 1) * size],
                    iteration == per_epoch * self.options.MaxEpochs,
                )

    def _iterate(self, iteration: int, epoch: int, index: Array) -> tuple[Progress, bool]:
        """One step, and whether its loss was finite.

        Where it was not, the network is again what it was before the step that led there.
        """
        X, T = self.train.inputs(index), self.train.targets(index)
        with keyed(self.key, iteration):
            loss, Y, slopes, state = self._gradients(X, T)
        progress = Progress(
            "iteration",
            iteration,
            epoch,
            LearnRate=self.options.InitialLearnRate,
            TrainingLoss=loss,
            TimeElapsed=self._elapsed(),
        )
        for metric in self.options.Metrics:
            counter = METRICS[metric]()
            counter.add(Y, T)
            setattr(progress, f"Training{counter.name}", counter.value())
        if not math.isfinite(loss):
            self.stop_reason = f"Training loss is {'NaN' if math.isnan(loss) else 'Inf'}"
            self.net, self.steps = self.before
            return progress, False
        self.before = self.net, self.steps
        self.net = self.solver.step(self.net, slopes, self.options.InitialLearnRate, iteration)
        self.net.State, self.steps = state, iteration
        return progress, True

    def _drop_broken_step(self) -> None:
        """Undo the last step if its gradient was not finite; no loss after it has shown that."""
        if not all(np.isfinite(value._data).all() for value in self.net.Learnables.Value):
            self.net, self.steps = self.before
            self.stop_reason = "Gradient is not finite"

    def _gradients(self, X: dlarray, T: dlarray) -> tuple[float, dlarray, list[Array], Any]:
        """The loss, the output, the gradient of every learnable, and the new state."""
        with recording() as tape:
            variables = [variable(tape, value) for value in self.net.Learnables.Value]
            leaves = [v.node for v in variables if v.node]
            net = self.net.with_learnables(self.net.Learnables.replaced(variables))
            outputs, state = run(net, [X], training=True, outputs=net._plan.outputs)
            Y = outputs[0]
            loss = self.loss(Y, T)
            found = gradients(loss, np.ones(loss.shape, loss.dtype), leaves, free=True)
            slopes = [
                np.zeros(leaf.shape, leaf.dtype) if g is None else g
                for leaf, g in zip(leaves, found, strict=True)
            ]
            return loss.item(), wrap(Y._data, Y.fmt), slopes, state.map_arrays(untraced)

    # -- validation and reports -------------------------------------------------------------------

    def _after(self, progress: Progress, table: VerboseTable | None, *, validate: bool) -> None:
        """Validate if it is time, then tell everyone."""
        if validate:
            self._validate(progress)
        self.info.record(progress)
        if table:
            table.update(progress)
        self._tell(progress)

    def _validate(self, progress: Progress) -> None:
        assert self.validation is not None
        data, size = self.validation, self.options.MiniBatchSize
        counters = [METRICS[metric]() for metric in self.options.Metrics]
        total = 0.0
        for start in range(0, len(data.X), size):
            index = np.arange(start, min(start + size, len(data.X)))
            outputs, _ = run(
                self.net, [data.inputs(index)], training=False, outputs=self.net._plan.outputs
            )
            T = data.targets(index)
            total += self.loss(outputs[0], T).item() * len(index)
            for counter in counters:
                counter.add(outputs[0], T)
        progress.ValidationLoss = total / len(data.X)
        for counter in counters:
            setattr(progress, f"Validation{counter.name}", counter.value())
        if progress.ValidationLoss < self.best_loss:
            self.best_loss, self.best_net, self.best_iteration = (
                progress.ValidationLoss,
                self.net,
                progress.Iteration,
            )

    def _tell(self, progress: Progress) -> None:
        answers = [function(progress) for function in self.options.OutputFcn]
        stop = any(isinstance(answer, (bool, np.bool_)) and answer for answer in answers)
        if stop and not self.stop_reason:
            self.stop_reason = "Stopped by OutputFcn"

    def _elapsed(self) -> float:
        return time.perf_counter() - self.start

    def _result(self) -> dlnetwork:
        if self.validation is not None and self.options.OutputNetwork != "last-iteration":
            self.info.OutputNetworkIteration = self.best_iteration
            return self.best_net
        self.info.OutputNetworkIteration = self.steps
        return self.net


@contextmanager
def _stopping_at_interrupt(training: Training) -> Iterator[None]:
    """The first Ctrl-C ends training after the iteration under way; a second one interrupts at
    once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: Any) -> None:
        training.stop_reason = "Stopped manually"
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop) or signal.SIG_DFL
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
