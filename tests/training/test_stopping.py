"""What ends `trainnet` early: losses, output functions, failures, Ctrl-C."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.tape import current_tape
from tests.conftest import REPOSITORY
from tests.training.small_networks import (
    assert_finite,
    assert_same_weights,
    data,
    layers,
    linear,
    options,
    squared,
    stop_after,
    train,
    weights,
)


class Fragile(dl.Layer):
    """Fails at a call in training."""

    def __init__(self, limit: int, *, Name: str = "") -> None:
        super().__init__(Name=Name)
        self.limit, self.calls = limit, [0]

    def predict(self, X: dl.dlarray) -> dl.dlarray:
        return X

    def forward(self, X: dl.dlarray) -> dl.dlarray:
        self.calls[0] += 1
        if self.calls[0] > self.limit:
            raise RuntimeError("worn out")
        return X


# -- loss that is not finite


def losing(at: int, factor: float) -> Any:
    """A loss that is not finite at one iteration."""
    calls = itertools.count(1)

    def loss(Y, T):
        value = dl.crossentropy(Y, T)
        return value * factor if next(calls) == at else value

    return loss


@pytest.mark.parametrize(
    ("factor", "reason"),
    [(np.nan, "Training loss is NaN"), (np.inf, "Training loss is Inf")],
    ids=["NaN", "Inf"],
)
def test_loss_that_is_not_finite_stops_training(factor, reason, XT):
    with np.errstate(invalid="ignore"):
        net, info = train(*XT, layers(), losing(5, factor), options())
    assert info.StopReason == reason
    assert info.TrainingHistory.Iteration == [1, 2, 3, 4, 5]
    assert np.isfinite(info.TrainingHistory.TrainingLoss).tolist() == [True] * 4 + [False]
    assert_finite(net)


def test_network_comes_from_the_last_iteration_whose_loss_was_finite(XT):
    dl.rng(1)
    net, info = train(*XT, layers(), losing(5, np.nan), options())
    dl.rng(1)
    made = options(OutputFcn=stop_after(3))
    want = dl.trainnet(*XT, layers(), dl.crossentropy, made)
    assert_same_weights(net, want)
    assert info.OutputNetworkIteration == 3


def test_nan_at_the_first_iteration_gives_the_initial_network(XT):
    net = dl.dlnetwork(layers())
    result, info = train(*XT, net, losing(1, np.nan), options())
    assert_same_weights(result, net)
    assert (info.StopReason, info.OutputNetworkIteration) == ("Training loss is NaN", 0)
    assert np.isnan(info.TrainingHistory.TrainingLoss).tolist() == [True]


def test_nan_in_the_data_stops_at_its_mini_batch(XT):
    X, T = XT
    X[9][2, 1] = np.nan
    net, info = train(X, T, layers(), "crossentropy", options(Shuffle="never"))
    assert info.TrainingHistory.Iteration == [1, 2, 3]
    assert info.StopReason == "Training loss is NaN"
    assert_finite(net)


def test_weights_put_out_of_range_stop_training(XT):
    made = options("sgdm", InitialLearnRate=1e30, MaxEpochs=20)
    with np.errstate(all="ignore"):
        net, info = train(*XT, linear(2), lambda Y, T: squared(Y, T[:1]), made)
    assert info.StopReason.startswith("Training loss is ")
    assert_finite(net)


def test_network_is_finite_when_only_the_last_gradient_is_not(XT):
    calls = itertools.count(1)

    def loss(Y, T):
        distance = (Y - Y.extractdata()) if next(calls) == 9 else Y - T
        return dl.sqrt(dl.sum(distance**2, "all"))

    with np.errstate(all="ignore"):
        net, info = train(*XT, layers(), loss, options())
    assert np.isfinite(info.TrainingHistory.TrainingLoss).all()
    assert_finite(net)


def test_finite_loss_after_nan_in_validation_is_kept(rng):
    X, T = data(rng)
    validation = ([np.full((5, 2), np.nan)], ["up"])
    made = options(ValidationData=validation, ValidationFrequency=1)
    net, info = train(X, T, layers(), "crossentropy", made)
    assert np.isnan(info.ValidationHistory.ValidationLoss).all()
    assert info.StopReason == "Max epochs completed"
    assert_finite(net)


# -- output functions


def test_output_function_is_called_at_start_iterations_and_end(XT):
    seen: list[Any] = []
    _, info = train(*XT, layers(), "crossentropy", options(OutputFcn=seen.append))
    assert [p.State for p in seen] == ["start", *["iteration"] * 9, "done"]
    assert [p.Iteration for p in seen] == [0, *range(1, 10), 9]
    assert [p.Epoch for p in seen[1:-1]] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [p.TrainingLoss for p in seen[1:-1]] == info.TrainingHistory.TrainingLoss
    assert {p.LearnRate for p in seen[1:-1]} == {0.001}
    assert [p.TimeElapsed for p in seen] == sorted(p.TimeElapsed for p in seen)
    assert all(p.ValidationLoss is p.TrainingAccuracy is None for p in seen)
    assert info.StopReason == "Max epochs completed"


def test_output_function_sees_validation_and_metrics(XT):
    seen: list[Any] = []
    made = options(
        OutputFcn=seen.append, ValidationData=XT, ValidationFrequency=4, Metrics="accuracy"
    )
    dl.trainnet(*XT, layers(), "crossentropy", made)
    assert [(p.State, p.Iteration) for p in seen[:3]] == [
        ("start", 0),
        ("iteration", 0),
        ("iteration", 1),
    ]
    assert [p.Iteration for p in seen if p.ValidationLoss is not None] == [0, 4, 8, 9]
    assert [p.Iteration for p in seen if p.ValidationAccuracy is not None] == [0, 4, 8, 9]
    assert all(0 <= p.TrainingAccuracy <= 100 for p in seen[2:-1])


@pytest.mark.parametrize("answer", [True, np.True_], ids=["bool", "numpy"])
def test_output_function_stops_training(answer, XT):
    seen: list[tuple[str, int]] = []

    def stop(progress):
        seen.append((progress.State, progress.Iteration))
        return answer if progress.Iteration == 4 else None

    net, info = train(*XT, layers(), "crossentropy", options(OutputFcn=stop))
    assert info.StopReason == "Stopped by OutputFcn"
    assert info.TrainingHistory.Iteration == [1, 2, 3, 4]
    assert info.OutputNetworkIteration == 4
    assert seen[-1] == ("done", 4)
    assert_finite(net)


def test_stop_before_the_first_iteration_trains_nothing(XT):
    net = dl.dlnetwork(layers())
    made = options(OutputFcn=lambda progress: progress.State == "start")
    result, info = train(*XT, net, "crossentropy", made)
    assert info.StopReason == "Stopped by OutputFcn"
    assert len(info.TrainingHistory) == 0
    assert_same_weights(result, net)


@pytest.mark.parametrize("answer", [False, None, 0, np.False_], ids=str)
def test_other_answers_do_not_stop(answer, XT):
    _, info = train(*XT, layers(), "crossentropy", options(OutputFcn=lambda progress: answer))
    assert info.StopReason == "Max epochs completed"


def test_all_output_functions_are_called(XT):
    counts = [0, 0]

    def first(progress):
        counts[0] += 1
        return progress.Iteration == 2

    def second(progress):
        counts[1] += 1

    dl.trainnet(*XT, layers(), "crossentropy", options(OutputFcn=[first, second]))
    assert counts == [4, 4]


# -- failures inside


def test_error_in_a_layer_leaves_no_trace(XT):
    fragile = Fragile(4, Name="fragile")
    net = dl.dlnetwork(layers(2, 2, fragile))
    before = [value.copy() for value in weights(net)]
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="worn out") as caught:
        dl.trainnet(*XT, net, "crossentropy", options())
    assert caught.value.__notes__ == ["in layer 'fragile' (Fragile, 4 of 7), method forward"]
    assert current_tape() is None
    assert signal.getsignal(signal.SIGINT) is handler
    for now, then in zip(weights(net), before, strict=True):
        assert np.array_equal(now, then)


@pytest.mark.parametrize("where", ["OutputFcn", "loss"])
def test_error_in_a_users_function_leaves_no_trace(where, XT):
    calls = itertools.count(1)

    def failing(*arguments):
        if next(calls) > 4:
            raise ZeroDivisionError("mine")
        return dl.crossentropy(*arguments) if len(arguments) == 2 else None

    net = dl.dlnetwork(layers())
    before = [value.copy() for value in weights(net)]
    loss: Any = failing if where == "loss" else "crossentropy"
    made = options(OutputFcn=failing) if where == "OutputFcn" else options()
    with pytest.raises(ZeroDivisionError, match="mine"):
        dl.trainnet(*XT, net, loss, made)
    assert current_tape() is None
    for now, then in zip(weights(net), before, strict=True):
        assert np.array_equal(now, then)
    assert_finite(dl.trainnet(*XT, net, "crossentropy", options()))


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own handler, also where the tests run in the background, which ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_at(*iterations: int) -> Any:
    def function(progress):
        if progress.State == "iteration" and progress.Iteration in iterations:
            signal.raise_signal(signal.SIGINT)

    return function


@pytest.mark.usefixtures("interruptible")
def test_interrupt_stops_after_the_iteration(XT):
    handler = signal.getsignal(signal.SIGINT)
    net, info = train(*XT, layers(), "crossentropy", options(OutputFcn=interrupt_at(4)))
    assert info.StopReason == "Stopped manually"
    assert info.TrainingHistory.Iteration == [1, 2, 3, 4]
    assert info.OutputNetworkIteration == 4
    assert signal.getsignal(signal.SIGINT) is handler
    _, again = train(*XT, net, "crossentropy", options())
    assert again.StopReason == "Max epochs completed"


@pytest.mark.usefixtures("interruptible")
def test_second_interrupt_is_an_interrupt(XT):
    def twice(progress):
        if progress.Iteration == 2:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        dl.trainnet(*XT, layers(), "crossentropy", options(OutputFcn=twice))
    assert signal.getsignal(signal.SIGINT) is handler
    assert current_tape() is None


def test_training_in_another_thread(XT):
    results: list[Any] = []
    thread = threading.Thread(
        target=lambda: results.append(train(*XT, layers(), "crossentropy", options()))
    )
    thread.start()
    thread.join(60)
    ((net, info),) = results
    assert info.StopReason == "Max epochs completed"
    assert_finite(net)


INTERRUPTED = """
import json, sys
import numpy as np
import dlarray as dl
X, T = dl.datasets.waveform(64)
head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(4), dl.softmaxLayer()]
convolution = dl.convolution1dLayer(5, 16, Padding="causal")
layers = [dl.sequenceInputLayer(3), convolution, dl.reluLayer(), *head]

def ready(progress):
    if progress.State == "iteration" and progress.Iteration == 5:
        print("ready", flush=True)

def options(epochs, **values):
    return dl.trainingOptions("adam", MaxEpochs=epochs, MiniBatchSize=16, Verbose=False, **values)

net, info = dl.trainnet(X, T, layers, "crossentropy", options(10**6, OutputFcn=ready), nargout=2)
scores = dl.minibatchpredict(net, X)
net, again = dl.trainnet(X, T, net, "crossentropy", options(2), nargout=2)
print(json.dumps({
    "reason": info.StopReason,
    "iterations": info.TrainingHistory.Iteration,
    "network": info.OutputNetworkIteration,
    "finite": bool(np.isfinite(scores).all()),
    "again": again.StopReason,
    "rows": len(again.TrainingHistory),
}))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
def test_interrupted_process_returns_a_network_and_goes_on():
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    result = json.loads(out)
    assert result["reason"] == "Stopped manually"
    assert result["iterations"] == list(range(1, len(result["iterations"]) + 1))
    assert result["network"] == len(result["iterations"]) >= 5
    assert result["finite"]
    assert (result["again"], result["rows"]) == ("Max epochs completed", 8)
