"""`trainnet`: mini-batches, shuffling, stopping, validation, targets, errors, reproducibility."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dlarray as dl
from dlarray.tape import current_tape
from dlarray.training.sequences import as_targets
from tests.conftest import REPOSITORY


class Progressive(dl.Layer):
    """A state that counts calls in training."""

    Calls = dl.State()

    def initialize(self, layout: dl.networkDataLayout) -> None:
        if self.Calls is None:
            self.Calls = np.zeros((1, 1), "f4")

    def predict(self, X: dl.dlarray) -> Any:
        return X, self.Calls

    def forward(self, X: dl.dlarray) -> Any:
        return X, self.Calls + 1


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


def options(solver: str = "adam", **values: Any) -> Any:
    settings = {"MaxEpochs": 3, "MiniBatchSize": 4, "Verbose": False, **values}
    return dl.trainingOptions(solver, **settings)


def layers(channels: int = 2, classes: int = 2, *more: dl.Layer, **entry: Any) -> list[dl.Layer]:
    convolution = dl.convolution1dLayer(3, 4, Padding="causal")
    body = [convolution, dl.reluLayer(), *more, dl.globalAveragePooling1dLayer()]
    head = [dl.fullyConnectedLayer(classes), dl.softmaxLayer()]
    return [dl.sequenceInputLayer(channels, **entry), *body, *head]


def linear(channels: int = 1) -> list[dl.Layer]:
    """A network whose output has one channel."""
    head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(1)]
    return [dl.sequenceInputLayer(channels), *head]


def data(rng: np.random.Generator, count: int = 12, channels: int = 2) -> tuple[Any, np.ndarray]:
    """Sequences of two classes that differ in their mean."""
    labels = np.array(["down", "up"])[np.arange(count) % 2]
    lengths = 5 + np.arange(count) % 4
    sequences = [
        (rng.standard_normal((n, channels)) + (2 if label == "up" else -2)).astype("f4")
        for n, label in zip(lengths, labels, strict=True)
    ]
    return sequences, labels


def squared(Y: dl.dlarray, T: dl.dlarray) -> dl.dlarray:
    return dl.mean((Y - T) ** 2, "all")


def weights(net: dl.dlnetwork) -> list[np.ndarray]:
    return [value.data for value in net.Learnables.Value]


def assert_same_weights(one: dl.dlnetwork, other: dl.dlnetwork) -> None:
    for a, b in zip(weights(one), weights(other), strict=True):
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)


def assert_finite(net: dl.dlnetwork) -> None:
    assert all(np.isfinite(value).all() for value in weights(net))


def train(*arguments: Any) -> tuple[dl.dlnetwork, Any]:
    return dl.trainnet(*arguments, nargout=2)


def stop_after(iteration: int) -> Any:
    return lambda progress: progress.State == "iteration" and progress.Iteration == iteration


@pytest.fixture
def XT(rng):
    return data(rng)


# -- what it takes and gives


def test_returns_a_network_or_also_the_course_of_training(XT):
    assert isinstance(dl.trainnet(*XT, layers(), "crossentropy", options()), dl.dlnetwork)
    net, info = train(*XT, layers(), "crossentropy", options())
    assert net.Initialized
    assert isinstance(info, dl.TrainingInfo)


@pytest.mark.parametrize("nargout", [0, 3])
def test_number_of_results_is_checked(nargout, XT):
    with pytest.raises(ValueError, match="nargout"):
        dl.trainnet(*XT, layers(), "crossentropy", options(), nargout=nargout)


@pytest.mark.parametrize("solver", ["adam", "sgdm"])
def test_loss_falls_by_half(solver, rng):
    X, T = data(rng, 32)
    made = options(solver, MaxEpochs=20, MiniBatchSize=8, InitialLearnRate=0.02)
    net, info = train(X, T, layers(), "crossentropy", made)
    loss = info.TrainingHistory.TrainingLoss
    assert np.mean(loss[-4:]) < 0.5 * np.mean(loss[:4])
    scores = dl.minibatchpredict(net, X)
    assert (dl.scores2label(scores, net.Usage.ClassNames) == T).mean() > 0.9


@pytest.mark.parametrize("form", ["network", "uninitialized", "list", "tuple"])
def test_network_may_be_a_network_or_layers(form, XT):
    made: Any = layers()
    if form in ("network", "uninitialized"):
        made = dl.dlnetwork(made, Initialize=form == "network")
    elif form == "tuple":
        made = tuple(made)
    assert dl.trainnet(*XT, made, "crossentropy", options()).Initialized


@pytest.mark.parametrize("pair", [tuple, list])
def test_data_may_be_a_pair(pair, XT):
    dl.rng(1)
    one = dl.trainnet(pair(XT), layers(), "crossentropy", options())
    dl.rng(1)
    assert_same_weights(one, dl.trainnet(*XT, layers(), "crossentropy", options()))


def test_sequences_may_be_one_array_or_channels_by_time(rng):
    x = rng.standard_normal((6, 2, 8)).astype("f4")
    T = ["a", "b"] * 4
    results = []
    for X, fmt in [
        (x, "auto"),
        (list(x.transpose(2, 0, 1)), "auto"),
        (x.transpose(1, 0, 2), "CTB"),
        (list(x.transpose(2, 1, 0)), "CTB"),
        (x.transpose(2, 0, 1), "BTC"),
    ]:
        dl.rng(1)
        made = options(InputDataFormats=fmt)
        results.append(dl.trainnet(X, T, layers(), "crossentropy", made))
        assert results[-1].Usage.InputDataFormats == fmt
    for other in results[1:]:
        assert_same_weights(results[0], other)


def test_network_carries_what_using_it_needs(XT):
    made = options(SequencePaddingDirection="left", SequencePaddingValue=-1)
    usage = dl.trainnet(*XT, layers(), "crossentropy", made).Usage
    assert usage.ClassNames == ("down", "up")
    assert usage.InputDataFormats == "auto"
    assert (usage.SequencePaddingDirection, usage.SequencePaddingValue) == ("left", -1)


@pytest.mark.parametrize("initialized", [True, False])
def test_argument_is_not_changed(initialized, XT):
    net = dl.dlnetwork(layers(2, 2, Progressive(), Normalization="zscore"), Initialize=initialized)
    before = (pickle.dumps(net.Learnables.Value), pickle.dumps(net.State.Value))
    usage, text = net.Usage, repr(list(net.Layers))
    trained = dl.trainnet(*XT, net, "crossentropy", options())
    assert (pickle.dumps(net.Learnables.Value), pickle.dumps(net.State.Value)) == before
    assert (net.Usage, repr(list(net.Layers))) == (usage, text)
    assert trained is not net


def test_result_shares_nothing_that_can_be_written_with_the_argument(XT):
    net = dl.dlnetwork(layers())
    before = [value.copy() for value in weights(net)]
    made = options(OutputFcn=stop_after(0), ValidationData=XT, OutputNetwork="best-validation")
    result = dl.trainnet(*XT, net, lambda Y, T: dl.sum(Y * 0, "all"), made)
    result.Learnables.Value[0] = np.zeros((3, 2, 4), "f4")
    for now, then in zip(weights(net), before, strict=True):
        assert np.array_equal(now, then)


def test_training_goes_on_from_a_trained_network(rng):
    X, T = data(rng, 32)
    made = options(MaxEpochs=10, InitialLearnRate=0.02)
    net, first = train(X, T, layers(), "crossentropy", made)
    _, second = train(X, T, net, "crossentropy", made)
    assert second.TrainingHistory.TrainingLoss[0] < first.TrainingHistory.TrainingLoss[0] / 2


def test_state_follows_the_iterations(XT):
    net = dl.trainnet(*XT, layers(2, 2, Progressive()), "crossentropy", options())
    assert net.State.Value[0].item() == 9
    assert pickle.loads(pickle.dumps(net)).State == net.State


def test_double_weights_train(XT):
    made = layers()
    made[1] = dl.convolution1dLayer(3, 4, Padding="causal", Weights=np.ones((3, 2, 4)))
    net = dl.trainnet(*XT, made, "crossentropy", options())
    assert_finite(net)
    assert (net.Learnables.Value[0].data != 1).any()


def test_double_sequences_train(XT):
    X, T = XT
    made = [x.astype(float) for x in X]
    assert_finite(dl.trainnet(made, T, layers(), "crossentropy", options()))


def test_layer_with_factor_zero_keeps_its_weights(XT):
    made = layers()
    frozen: Any = made[1]
    frozen.WeightLearnRateFactor = 0
    net = dl.dlnetwork(made)
    before, after = weights(net), weights(dl.trainnet(*XT, net, "crossentropy", options()))
    assert np.array_equal(before[0], after[0])
    assert all((a != b).any() for a, b in zip(before[1:], after[1:], strict=True))


# -- input statistics


@pytest.mark.parametrize("solver", ["adam", "sgdm"])
def test_statistics_are_those_of_the_unpadded_training_data(solver, XT):
    X, T = XT
    net = dl.dlnetwork(layers(Normalization="zscore"), Initialize=False)
    trained = dl.trainnet(X, T, net, "crossentropy", options(solver, MaxEpochs=1))
    joined = np.concatenate(X).astype(float)
    entry: Any = trained.Layers[0]
    np.testing.assert_allclose(entry.Mean[:, 0], joined.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(entry.StandardDeviation[:, 0], joined.std(axis=0), rtol=1e-12)
    untouched: Any = net.Layers[0]
    assert untouched.Mean is None


@pytest.mark.parametrize(("reset", "kept"), [(True, False), (False, True)])
def test_given_statistics_are_computed_anew_only_if_asked(reset, kept, XT):
    made = layers(Normalization="zerocenter", Mean=[[7], [8]])
    net = dl.trainnet(*XT, made, "crossentropy", options(ResetInputNormalization=reset))
    entry: Any = net.Layers[0]
    assert np.array_equal(entry.Mean, [[7], [8]]) is kept


def test_missing_statistics_are_computed_in_any_case(XT):
    made = options(ResetInputNormalization=False)
    net = dl.trainnet(*XT, layers(Normalization="zerocenter"), "crossentropy", made)
    entry: Any = net.Layers[0]
    assert entry.Mean.shape == (2, 1)


# -- mini-batches and shuffling


def numbered(count: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Observations whose target is their number."""
    return [np.ones((2, 1), "f4") for _ in range(count)], np.arange(count, dtype=float)[:, None]


def visits(count: int, **values: Any) -> list[list[int]]:
    """The observations of every mini-batch."""
    seen: list[list[int]] = []

    def loss(Y, T):
        seen.append(T.data.ravel().astype(int).tolist())
        return squared(Y, T)

    dl.trainnet(*numbered(count), linear(), loss, options(**values))
    return seen


@pytest.mark.parametrize(("count", "expected"), [(127, 1), (128, 1), (129, 1), (150, 1), (256, 2)])
def test_partial_mini_batches_are_left_out(count, expected):
    batches = visits(count, MiniBatchSize=128, MaxEpochs=2)
    assert len(batches) == 2 * expected
    assert {len(batch) for batch in batches} == {min(count, 128)}


def test_one_observation_trains():
    assert visits(1, MaxEpochs=2) == [[0], [0]]


def test_never_keeps_the_order():
    assert visits(10, Shuffle="never", MaxEpochs=2) == [[0, 1, 2, 3], [4, 5, 6, 7]] * 2


def test_once_shuffles_before_training():
    first, second, *later = visits(10, Shuffle="once", MaxEpochs=3)
    assert later == [first, second] * 2
    assert sorted(first + second) != first + second
    assert len({*first, *second}) == 8


def test_every_epoch_shuffles_anew_and_leaves_out_others():
    batches = visits(10, Shuffle="every-epoch", MaxEpochs=6)
    epochs = [a + b for a, b in zip(batches[::2], batches[1::2], strict=True)]
    assert all(len(set(epoch)) == 8 for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 6
    assert set(itertools.chain(*epochs)) == set(range(10))


def padded(**values: Any) -> list[np.ndarray]:
    """What the network sees of sequences of 2, 3, 5 and 4 steps, in mini-batches of 2."""
    seen: list[np.ndarray] = []

    def loss(Y, T):
        seen.append(Y.data[0])
        return dl.sum(Y, "all")

    X = [np.arange(1.0, n + 1).reshape(n, 1) for n in (2, 3, 5, 4)]
    made = options(MaxEpochs=1, MiniBatchSize=2, Shuffle="never", **values)
    dl.trainnet(X, np.zeros((4, 1)), [dl.sequenceInputLayer(1)], loss, made)
    return seen


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [[[1, 2, 0], [1, 2, 3]], [[1, 2, 3, 4, 5], [1, 2, 3, 4, 0]]]),
        (
            {"SequencePaddingDirection": "left", "SequencePaddingValue": 9},
            [[[9, 1, 2], [1, 2, 3]], [[1, 2, 3, 4, 5], [9, 1, 2, 3, 4]]],
        ),
        ({"SequenceLength": "shortest"}, [[[1, 2], [1, 2]], [[1, 2, 3, 4], [1, 2, 3, 4]]]),
        (
            {"SequenceLength": "shortest", "SequencePaddingDirection": "left"},
            [[[1, 2], [2, 3]], [[2, 3, 4, 5], [1, 2, 3, 4]]],
        ),
    ],
    ids=["right", "left", "shortest", "shortest from the left"],
)
def test_sequences_of_a_mini_batch_are_padded_to_one_length(values, expected):
    assert [batch.tolist() for batch in padded(**values)] == expected


# -- reproducibility


def test_same_seed_gives_the_same_bits(XT):
    made = layers(2, 2, dl.dropoutLayer(0.3))
    nets = []
    for seed in (5, 5, 6):
        dl.rng(seed)
        nets.append(dl.trainnet(*XT, made, "crossentropy", options(Shuffle="every-epoch")))
    assert_same_weights(nets[0], nets[1])
    assert any((a != b).any() for a, b in zip(weights(nets[0]), weights(nets[2]), strict=True))


def test_validation_does_not_change_training(XT):
    nets = []
    for validation in (None, XT):
        dl.rng(5)
        made = options(
            ValidationData=validation, ValidationFrequency=1, OutputNetwork="last-iteration"
        )
        nets.append(dl.trainnet(*XT, layers(2, 2, dl.dropoutLayer(0.3)), "crossentropy", made))
    assert_same_weights(*nets)


THREADS = """
import hashlib, sys, numba
numba.set_num_threads(int(sys.argv[1]))
import dlarray as dl
X, T = dl.datasets.waveform(32)
blocks = []
for filters in (32, 64):
    blocks += [dl.convolution1dLayer(5, filters, Padding="causal"), dl.reluLayer()]
    blocks += [dl.layerNormalizationLayer(), dl.dropoutLayer(0.1)]
head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(4), dl.softmaxLayer()]
options = dl.trainingOptions("adam", MaxEpochs=4, MiniBatchSize=16, Verbose=False)
net = dl.trainnet(X, T, [dl.sequenceInputLayer(3), *blocks, *head], "crossentropy", options)
state = hashlib.sha256()
for value in net.Learnables.Value:
    state.update(value.data.tobytes())
print(numba.get_num_threads(), state.hexdigest())
"""


def test_number_of_threads_does_not_change_the_bits(run_python):
    results = [run_python(THREADS, count, NUMBA_NUM_THREADS="2") for count in (1, 2)]
    assert [result.returncode for result in results] == [0, 0], results
    (one, first), (two, second) = (result.stdout.split() for result in results)
    assert (one, two) == ("1", "2")
    assert first == second


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


# -- validation


@pytest.mark.parametrize(
    ("frequency", "rows"), [(1, list(range(10))), (2, [0, 2, 4, 6, 8, 9]), (50, [0, 9])]
)
def test_validation_runs_before_regularly_and_at_the_end(frequency, rows, XT):
    made = options(ValidationData=XT, ValidationFrequency=frequency, Metrics="accuracy")
    _, info = train(*XT, layers(), "crossentropy", made)
    history = info.ValidationHistory
    assert history.Iteration == rows
    assert len(history.ValidationLoss) == len(history.ValidationAccuracy) == len(rows)
    assert info.TrainingHistory.Iteration == list(range(1, 10))


def test_validation_uses_every_observation_in_inference(rng):
    X, T = data(rng)
    validation = [rng.standard_normal((6, 2)).astype("f4") for _ in range(7)]
    labels = np.array(["up", "down", "up", "up", "down", "up", "up"])
    made = options(ValidationData=(validation, labels), Metrics="accuracy")
    net = dl.dlnetwork(layers(2, 2, dl.dropoutLayer(0.5)))
    _, info = train(X, T, net, "crossentropy", made)
    scores = dl.minibatchpredict(net, validation)
    right = scores[np.arange(7), (labels == "up").astype(int)]
    history = info.ValidationHistory
    assert history.ValidationLoss[0] == pytest.approx(-np.log(right).mean(), rel=1e-5)
    assert history.ValidationAccuracy[0] == pytest.approx(100 * (right > 0.5).mean())


def test_training_accuracy_is_in_percent_of_the_mini_batch(rng):
    X, T = data(rng, 32)
    made = options(MaxEpochs=20, MiniBatchSize=8, InitialLearnRate=0.02, Metrics="accuracy")
    _, info = train(X, T, layers(), "crossentropy", made)
    accuracy = info.TrainingHistory.TrainingAccuracy
    assert {value % 12.5 for value in accuracy} == {0}
    assert accuracy[-1] == 100


def scripted(losses: list[float]) -> Any:
    """A loss that gives these values at validation."""
    values = iter(losses)

    def loss(Y, T):
        return squared(Y, T) if current_tape() is not None else dl.dlarray(next(values))

    return loss


@pytest.mark.parametrize(
    ("losses", "best"),
    [
        ([5, 3, 1, 2, 4], 2),
        ([1, 3, 2, 5, 4], 0),
        ([5, 4, 3, 2, 1], 4),
        ([5, 3, 1, 1, 1], 2),
        ([np.nan, 3, np.nan, 2, 4], 3),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["auto", "best-validation", "last-iteration"])
def test_output_network(losses, best, kind):
    X, T = numbered(4)
    start = dl.dlnetwork(linear())

    def run(iterations, **values):
        dl.rng(1)
        made = options(MaxEpochs=4, ValidationData=(X, T), ValidationFrequency=1, **values)
        return train(X, T, start, scripted(losses), made)

    wanted = 4 if kind == "last-iteration" else best
    net, info = run(4, OutputNetwork=kind)
    assert info.OutputNetworkIteration == wanted
    if wanted == 0:
        assert_same_weights(net, start)
    else:
        until = stop_after(wanted)
        same, _ = run(wanted, OutputNetwork="last-iteration", OutputFcn=until)
        assert_same_weights(net, same)


@pytest.mark.parametrize("kind", ["auto", "best-validation", "last-iteration"])
def test_output_network_without_validation_is_the_last(kind, XT):
    _, info = train(*XT, layers(), "crossentropy", options(OutputNetwork=kind))
    assert info.OutputNetworkIteration == 9


# -- loss functions


def test_custom_loss_gets_labelled_outputs_and_encoded_targets(XT):
    seen: list[Any] = []

    def loss(Y, T):
        seen.append((Y.fmt, T.fmt, T.data))
        return dl.crossentropy(Y, T)

    X, T = XT
    dl.trainnet(X, T, layers(), loss, options(Shuffle="never", MaxEpochs=1))
    assert {(y, t) for y, t, _ in seen} == {("CB", "CB")}
    assert np.array_equal(np.concatenate([t for *_, t in seen], axis=1)[1], T == "up")


def test_built_in_loss_is_the_mean_cross_entropy(rng):
    X, T = data(rng, 4)
    net = dl.dlnetwork(layers())
    _, info = train(X, T, net, "CrossEntropy", options(MaxEpochs=1, Shuffle="never"))
    lengths = {len(x) for x in X}
    scores = net.predict(dl.dlarray(dl.padsequences(X, 0), "TCB")).data
    want = -np.log(scores[(T == "up").astype(int), np.arange(4)]).mean()
    assert len(lengths) > 1
    assert info.TrainingHistory.TrainingLoss[0] == pytest.approx(want, rel=1e-5)


def test_numeric_targets_are_rows():
    X, _ = numbered(4)
    seen: list[Any] = []

    def loss(Y, T):
        seen.append(T.shape)
        return squared(Y[:1], T[1:2])

    dl.trainnet(X, np.ones((4, 3)), linear(), loss, options(MaxEpochs=1))
    assert seen == [(3, 4)]


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (lambda Y, T: Y - T, r"must return a dlarray of one element; it returned 2\(C\) × 4\(B\)"),
        (lambda Y, T: 1.0, "must return a dlarray of one element; it returned float"),
        (lambda Y, T: None, "must return a dlarray of one element; it returned NoneType"),
        (
            lambda Y, T: dl.dlarray(Y.extractdata().mean()),
            "loss does not depend on the network's output: it was computed without trace",
        ),
    ],
    ids=["not one", "number", "nothing", "constant"],
)
def test_unusable_loss_raises(loss, text, XT):
    with pytest.raises(dl.GradientError, match="trainnet: .*" + text):
        dl.trainnet(*XT, layers(), loss, options())
    assert current_tape() is None


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        ("mse", 'lossFcn="mse" is not available in this version; possible: "crossentropy"'),
        ("index-crossentropy", "not available in this version"),
        ("binary-crossentropy", "not available in this version"),
        ("mean-squared-error", "not available in this version"),
        ("L2Loss", "not available in this version"),
        ("mae", "not available in this version"),
        ("mean-absolute-error", "not available in this version"),
        ("l1loss", "not available in this version"),
        ("huber", "not available in this version"),
        ("cross-entropy", "lossFcn must be one of \"crossentropy\"; got 'cross-entropy'"),
        (3, 'lossFcn must be one of "crossentropy"; got 3'),
    ],
)
def test_other_losses_raise(loss, text, XT):
    with pytest.raises(ValueError, match="trainnet: .*" + text):
        dl.trainnet(*XT, layers(), loss, options())


def test_number_of_outputs_must_be_the_number_of_classes(XT):
    with pytest.raises(
        dl.ShapeError,
        match=r'"crossentropy" needs one output channel for each class.\n  network output: '
        r"3\(C\) × 4\(B\)\n  targets:        2\(C\) × 4\(B\)\nThe last fully connected",
    ):
        dl.trainnet(*XT, layers(2, 3), "crossentropy", options())


# -- targets


CLASSES: dict[str, tuple[Any, list[Any]]] = {
    "text": (["b", "a", "c", "b"], ["a", "b", "c"]),
    "text array": (np.array(["b", "a", "c", "b"]), ["a", "b", "c"]),
    "objects": (np.array(["b", "a", "c", "b"], object), ["a", "b", "c"]),
    "integers": ([3, 1, 20, 3], [1, 3, 20]),
    "small integers": (np.array([3, 1, 20, 3], np.int8), [1, 3, 20]),
    "column": (np.array([["b"], ["a"], ["c"], ["b"]]), ["a", "b", "c"]),
    "categorical": (
        pd.Categorical(["b", "a", "c", "b"], categories=["c", "b", "a", "unused"]),
        ["c", "b", "a", "unused"],
    ),
    "categorical of integers": (pd.Categorical([3, 1, 20, 3], [20, 3, 1]), [20, 3, 1]),
    "series of a categorical": (
        pd.Series(["b", "a", "c", "b"], dtype=pd.CategoricalDtype(["c", "b", "a"])),
        ["c", "b", "a"],
    ),
    "series of text": (pd.Series(["b", "a", "c", "b"]), ["a", "b", "c"]),
    "series of integers": (pd.Series([3, 1, 20, 3], index=[7, 8, 9, 5]), [1, 3, 20]),
    "logical": ([True, False, False, True], [False, True]),
}


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_the_categories_or_sorted(name):
    T, expected = CLASSES[name]
    targets = as_targets("trainnet", T, count=4, encode_integers=True)
    assert targets.classes is not None
    assert targets.classes.tolist() == expected
    decoded = targets.classes[targets.values.argmax(axis=1)]
    assert decoded.tolist() == np.asarray(T).ravel().tolist()
    assert targets.values.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert targets.values.dtype == np.float32


@pytest.mark.parametrize("name", ["categorical of integers", "series of a categorical"])
def test_categorical_targets_are_classes_to_a_loss_function_too(name):
    T, expected = CLASSES[name]
    targets = as_targets("trainnet", T, count=4, encode_integers=False)
    assert targets.classes is not None
    assert targets.classes.tolist() == expected


def test_series_of_a_categorical_of_integers_is_labels_too():
    T = pd.Series([3, 1, 20, 3], dtype="category")
    targets = as_targets("trainnet", T, count=4, encode_integers=False)
    assert targets.classes is not None


def test_integers_are_numbers_to_a_loss_function():
    targets = as_targets("trainnet", [3, 1, 20, 3], count=4, encode_integers=False)
    assert targets.classes is None
    assert targets.values.tolist() == [[3], [1], [20], [3]]


@pytest.mark.parametrize("name", ["text", "integers", "categorical"])
def test_network_knows_its_classes(name, rng):
    T, expected = CLASSES[name]
    X = [rng.standard_normal((5, 2)) for _ in range(4)]
    net = dl.trainnet(X, T, layers(2, len(expected)), "crossentropy", options(MaxEpochs=1))
    assert net.Usage.ClassNames == tuple(expected)


@pytest.mark.parametrize(
    ("T", "error", "text"),
    [
        (["a", "b"], dl.ShapeError, "there are 12 sequences and targets of size 2. Give one"),
        ("a", dl.ShapeError, "there are 12 sequences and targets of size 1. Give one"),
        ([["a", "b"]] * 12, dl.ShapeError, "12 sequences and targets of size 12×2"),
        (np.ones((2, 12)), dl.ShapeError, "12 sequences and targets of size 2×12"),
        ([], dl.ShapeError, "12 sequences and targets of size 0"),
        (
            np.array([np.ones(3)] * 11 + [np.ones(2)], object),
            ValueError,
            "targets for each time step are not available in this version",
        ),
    ],
    ids=["count", "one", "two each", "transposed", "none", "for each step"],
)
def test_targets_that_do_not_fit_raise(T, error, text, XT):
    with pytest.raises(error, match="trainnet: .*" + text):
        dl.trainnet(XT[0], T, layers(), "crossentropy", options())


def test_targets_of_more_dimensions_raise():
    X, _ = numbered(4)
    with pytest.raises((ValueError, dl.ShapeError), match=r"trainnet: .*targets"):
        dl.trainnet(X, np.ones((4, 3, 2)), linear(), lambda Y, T: dl.sum(Y, "all"), options())


def test_ragged_targets_raise(XT):
    T = [["a"] * len(x) for x in XT[0]]
    with pytest.raises(
        ValueError, match=r"trainnet: .*targets for each time step are not available"
    ):
        dl.trainnet(XT[0], T, layers(), "crossentropy", options())


@pytest.mark.parametrize("place", [0, 3])
def test_missing_label_raises(place, XT):
    values: list[Any] = list(XT[1])
    values[place] = None
    with pytest.raises(
        ValueError, match=r"trainnet: the label .* is not one of the classes|missing"
    ):
        dl.trainnet(XT[0], pd.Categorical(values), layers(), "crossentropy", options())


def test_strange_label_in_validation_raises(XT):
    made = options(ValidationData=(XT[0], ["up", "left"] * 6))
    with pytest.raises(
        ValueError,
        match=r"ValidationData: the label 'left' is not one of the classes \['down', 'up'",
    ):
        dl.trainnet(*XT, layers(), "crossentropy", made)


def test_accuracy_of_numbers_raises():
    with pytest.raises(ValueError, match="metric accuracy needs class labels as targets; they are"):
        dl.trainnet(*numbered(4), linear(), squared, options(Metrics="accuracy"))


# -- sequences


@pytest.mark.parametrize(
    ("X", "error", "text"),
    [
        (
            dl.dlarray(np.ones((5, 2, 12))),
            TypeError,
            "sequences are arrays or lists of arrays, not dlarrays; use extractdata",
        ),
        (np.ones((5, 2, 3, 12)), dl.ShapeError, "time × channels × observations; got 5×2×3×12"),
        (np.ones(12), dl.ShapeError, "time × channels × observations; got 12"),
        (3, TypeError, "a list of arrays time × channels, or an array; got int"),
        ([["a", "b"]] * 12, TypeError, "sequence 0 is no numeric array; got <U1"),
        ([[[1, 2], [3]]] * 12, TypeError, "sequence 0 is no numeric array; got ragged lists"),
        (
            [np.ones((5, 2)), np.ones(5)],
            dl.ShapeError,
            "sequence 1 must have two dimensions.*got 5",
        ),
        ([3.0] * 12, dl.ShapeError, "sequence 0 must have two dimensions.*got a number"),
        ([np.ones((5, 2)), np.ones((0, 2))], dl.ShapeError, r"sequence 1 has no time steps, 0×2"),
        ([], dl.ShapeError, "there are no observations to train on"),
        (np.ones((5, 2, 0)), dl.ShapeError, "there are no observations to train on"),
        (
            [np.ones((5, 2)), np.ones((5, 3))],
            dl.ShapeError,
            r"Layer 'sequenceinput': Invalid size of channel dimension. Expected 2, got 3: "
            r"sequence 1 is 5\(T\) × 3\(C\)\.$",
        ),
        (
            [np.ones((2, 5))],
            dl.ShapeError,
            r"Expected 2, got 5: sequence 0 is 2\(T\) × 5\(C\)\. For data of channels by time set "
            'InputDataFormats="CTB"',
        ),
    ],
    ids=[
        "dlarray",
        "four dimensions",
        "one dimension",
        "number",
        "text",
        "ragged",
        "vector",
        "numbers",
        "no steps",
        "empty list",
        "empty array",
        "channels",
        "transposed",
    ],
)
def test_sequences_that_do_not_fit_raise(X, error, text, XT):
    with pytest.raises(error, match="trainnet: .*" + text):
        dl.trainnet(X, XT[1], layers(), "crossentropy", options())


def test_complex_and_object_sequences_raise(XT):
    for value in (np.ones((5, 2), complex), np.full((5, 2), None)):
        with pytest.raises(TypeError, match="sequence 0 is no numeric array"):
            dl.trainnet([value] * 12, XT[1], layers(), "crossentropy", options())


def test_empty_validation_raises(XT):
    with pytest.raises(dl.ShapeError, match="trainnet: ValidationData: there are no observations"):
        dl.trainnet(*XT, layers(), "crossentropy", options(ValidationData=([], [])))


def test_validation_of_other_channels_raises(XT):
    made = options(ValidationData=([np.ones((5, 3))], ["up"]))
    with pytest.raises(dl.ShapeError, match="ValidationData: Layer 'sequenceinput': Invalid size"):
        dl.trainnet(*XT, layers(), "crossentropy", made)


@pytest.mark.parametrize(
    "entry",
    [[dl.reluLayer()], [dl.sequenceInputLayer((5, 2)), dl.reluLayer()]],
    ids=["no", "image"],
)
def test_network_must_begin_with_an_input_of_vectors(entry, XT):
    with pytest.raises(dl.FormatError, match="must begin with a sequenceInputLayer for vector seq"):
        dl.trainnet(*XT, entry, "crossentropy", options())


def test_sequences_shorter_than_the_network_needs_raise(XT):
    made = layers(MinLength=7)
    with pytest.raises(dl.ShapeError, match="must be greater than or equal to the MinLength"):
        dl.trainnet(*XT, made, "crossentropy", options(SequenceLength="shortest"))


# -- arguments


@pytest.mark.parametrize("count", [0, 3, 6])
def test_number_of_arguments_is_checked(count):
    with pytest.raises(
        TypeError, match=rf"takes \(X, targets, net, lossFcn, .*; got {count} argum"
    ):
        dl.trainnet(*[None] * count)


def test_network_and_options_are_checked(XT):
    with pytest.raises(TypeError, match="net must be a dlnetwork or a list of layers; got str"):
        dl.trainnet(*XT, "net", "crossentropy", options())
    with pytest.raises(TypeError, match=r"options must come from trainingOptions.*; got dict"):
        dl.trainnet(*XT, layers(), "crossentropy", {})


def test_network_of_several_inputs_is_not_available(XT):
    class Two(dl.Layer):
        def __init__(self) -> None:
            super().__init__(NumInputs=2)

        def predict(self, A: dl.dlarray, B: dl.dlarray) -> dl.dlarray:
            return A + B

    with pytest.raises(ValueError, match=r"takes networks with one input; the network has \['lay"):
        dl.trainnet(*XT, [Two()], "crossentropy", options())


def test_network_of_several_outputs_is_not_available(XT):
    class Split(dl.Layer):
        def __init__(self) -> None:
            super().__init__(NumOutputs=2)

        def predict(self, X: dl.dlarray) -> Any:
            return X, X

    made = [*layers(), Split()]
    with pytest.raises(ValueError, match="output"):
        dl.trainnet(*XT, made, lambda Y, T: dl.sum(Y, "all"), options())


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


def interrupt_at(*iterations: int) -> Any:
    def function(progress):
        if progress.State == "iteration" and progress.Iteration in iterations:
            signal.raise_signal(signal.SIGINT)

    return function


def test_interrupt_stops_after_the_iteration(XT):
    handler = signal.getsignal(signal.SIGINT)
    net, info = train(*XT, layers(), "crossentropy", options(OutputFcn=interrupt_at(4)))
    assert info.StopReason == "Stopped manually"
    assert info.TrainingHistory.Iteration == [1, 2, 3, 4]
    assert info.OutputNetworkIteration == 4
    assert signal.getsignal(signal.SIGINT) is handler
    _, again = train(*XT, net, "crossentropy", options())
    assert again.StopReason == "Max epochs completed"


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
