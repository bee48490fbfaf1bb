"""`trainnet`: what it takes and gives, statistics, mini-batches, reproducibility."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.training.small_networks import (
    assert_finite,
    assert_same_weights,
    data,
    layers,
    linear,
    numbered,
    options,
    squared,
    stop_after,
    train,
    weights,
)


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
