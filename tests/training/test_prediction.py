"""`minibatchpredict`, `scores2label`, `testnet`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl


class Split(dl.Layer, dl.Formattable):
    """Two outputs: a vector and a sequence."""

    def __init__(self, *, Name: str = "") -> None:
        super().__init__(Name=Name, OutputNames=["mean", "all"])

    def predict(self, X: dl.dlarray) -> Any:
        return dl.globalAveragePooling1dLayer().predict(X), X


def classifier() -> dl.dlnetwork:
    head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(4), dl.softmaxLayer()]
    return dl.dlnetwork([dl.sequenceInputLayer(3), *head])


def causal(*more: dl.Layer) -> dl.dlnetwork:
    """A network whose output at a step depends on that step and those before."""
    blocks = [
        layer
        for dilation in (1, 2)
        for layer in (
            dl.convolution1dLayer(3, 5, DilationFactor=dilation, Padding="causal"),
            dl.layerNormalizationLayer(),
            dl.reluLayer(),
        )
    ]
    return dl.dlnetwork([dl.sequenceInputLayer(3), *blocks, dl.fullyConnectedLayer(4), *more])


def sequences(rng: np.random.Generator, *lengths: int) -> list[np.ndarray]:
    return [rng.standard_normal((n, 3)).astype("f4") for n in lengths]


# -- minibatchpredict


@pytest.mark.parametrize("size", [1, 2, 3, 5, 128])
def test_no_observation_is_dropped_and_the_order_stays(size, rng):
    net, X = classifier(), sequences(rng, *[7] * 5)
    got = dl.minibatchpredict(net, X, MiniBatchSize=size)
    want = np.concatenate([net.predict(x) for x in X])
    assert got.shape == (5, 4)
    assert got.dtype == np.float32
    assert np.array_equal(got, want)


def test_one_observation_a_mini_batch_is_predict(rng):
    net, X = causal(), sequences(rng, 4, 9, 2)
    got = dl.minibatchpredict(net, X, MiniBatchSize=1, UniformOutput=False)
    assert [y.shape for y in got] == [(4, 4), (9, 4), (2, 4)]
    assert all(np.array_equal(y, net.predict(x)) for y, x in zip(got, X, strict=True))


def test_sequences_may_be_one_array(rng):
    net, X = causal(), rng.standard_normal((7, 3, 5)).astype("f4")
    got = dl.minibatchpredict(net, X)
    assert got.shape == (7, 4, 5)
    assert np.array_equal(got, net.predict(X))
    assert np.array_equal(dl.minibatchpredict(net, X[:, :, 0]), got[:, :, :1])


def test_sequences_may_be_channels_by_time(rng):
    net, X = causal(), sequences(rng, 4, 9, 2)
    want = dl.minibatchpredict(net, X)
    got = dl.minibatchpredict(net, [x.T for x in X], InputDataFormats="CTB")
    assert np.array_equal(got, want)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("direction", ["right", "left"])
def test_sequence_outputs_are_padded_on_the_padding_side(direction, size, rng):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), dl.reluLayer()])
    X = [np.abs(x) for x in sequences(rng, 4, 2, 7)]
    got = dl.minibatchpredict(
        net, X, MiniBatchSize=size, SequencePaddingDirection=direction, SequencePaddingValue=5
    )
    assert got.shape == (7, 3, 3)
    for i, x in enumerate(X):
        padding = [(0, 7 - len(x)) if direction == "right" else (7 - len(x), 0), (0, 0)]
        assert np.array_equal(got[:, :, i], np.pad(x, padding, constant_values=5))


def test_output_of_each_observation_keeps_the_padding_of_its_mini_batch(rng):
    got = dl.minibatchpredict(
        causal(), sequences(rng, 4, 2, 7, 1), MiniBatchSize=2, UniformOutput=False
    )
    assert [y.shape for y in got] == [(4, 4), (4, 4), (7, 4), (7, 4)]


def test_vector_outputs_may_be_a_list_too(rng):
    net, X = classifier(), sequences(rng, 5, 5, 5)
    got = dl.minibatchpredict(net, X, UniformOutput=False, MiniBatchSize=2)
    assert [y.shape for y in got] == [(1, 4)] * 3
    assert np.array_equal(np.concatenate(got), dl.minibatchpredict(net, X))


@pytest.mark.parametrize(
    ("length", "expected"),
    [("longest", 6), ("LONGEST", 6), ("Shortest", 2), (4, 4), (9, 9)],
    ids=str,
)
def test_length_of_the_mini_batches(length, expected, rng):
    got = dl.minibatchpredict(causal(), sequences(rng, 2, 6, 3), SequenceLength=length)
    assert got.shape == (expected, 4, 3)


def test_prediction_is_inference(rng):
    net, X = causal(dl.dropoutLayer(0.9)), sequences(rng, 5, 5)
    assert np.array_equal(dl.minibatchpredict(net, X), dl.minibatchpredict(net, X))
    assert (dl.minibatchpredict(net, X) != 0).all()


def test_outputs_by_name_and_number(rng):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), Split(Name="split")])
    X = sequences(rng, 5, 5, 5)
    vectors, steps = dl.minibatchpredict(net, X, nargout=2, MiniBatchSize=2)
    assert (vectors.shape, steps.shape) == ((3, 3), (5, 3, 3))
    assert np.array_equal(dl.minibatchpredict(net, X), vectors)
    assert np.array_equal(dl.minibatchpredict(net, X, Outputs="split/all"), steps)
    assert np.array_equal(dl.minibatchpredict(net, X, Outputs=["sequenceinput"]), steps)


def test_padded_batch_of_short_sequences_is_not_changed_by_the_call(rng):
    X = sequences(rng, 2, 6)
    before = [x.copy() for x in X]
    dl.minibatchpredict(causal(), X)
    assert all(np.array_equal(x, then) for x, then in zip(X, before, strict=True))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"MiniBatchSize": 0}, "MiniBatchSize must be a positive integer; got 0"),
        ({"nargout": 2}, "nargout must be 1; got 2"),
        ({"nargout": 0}, "nargout must be 1; got 0"),
        ({"OutputDataFormats": "CB"}, 'OutputDataFormats must be "auto"'),
        ({"ExecutionEnvironment": "gpu"}, 'ExecutionEnvironment="gpu" is not available in this'),
        ({"ExecutionEnvironment": "tpu"}, 'ExecutionEnvironment must be one of "auto", "cpu"'),
        ({"Acceleration": "mex"}, 'Acceleration="mex" is not available in this version'),
        ({"SequencePaddingDirection": "both"}, 'SequencePaddingDirection must be one of "right"'),
        ({"Outputs": "fcc"}, "no output 'fcc'"),
        (
            {"SequenceLength": "long"},
            'SequenceLength must be one of "longest", "shortest", or a number of steps',
        ),
        ({"SequenceLength": 0}, "SequenceLength must be a positive integer; got 0"),
        ({"SequencePaddingValue": "a"}, "SequencePaddingValue must be a number; got 'a'"),
    ],
    ids=str,
)
def test_options_out_of_range_raise(options, text, rng):
    with pytest.raises(ValueError, match=text):
        dl.minibatchpredict(classifier(), sequences(rng, 5), **options)


@pytest.mark.parametrize(
    ("X", "error", "text"),
    [
        ([], dl.ShapeError, "minibatchpredict: there are no observations to predict"),
        (np.ones((5, 3, 0)), dl.ShapeError, "there are no observations to predict"),
        ([np.ones((0, 3))], dl.ShapeError, "sequence 0 has no time steps"),
        ([np.ones((5, 4))], dl.ShapeError, "Layer 'sequenceinput': Invalid size of channel dim"),
        (dl.dlarray(np.ones((5, 3))), TypeError, "not dlarrays; use extractdata"),
    ],
    ids=["empty list", "empty array", "no steps", "channels", "dlarray"],
)
def test_sequences_that_do_not_fit_raise(X, error, text):
    with pytest.raises(error, match=text):
        dl.minibatchpredict(classifier(), X)


def test_uninitialized_network_raises(rng):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), dl.fullyConnectedLayer(2)], Initialize=False)
    with pytest.raises(ValueError, match="the network is not initialized"):
        dl.minibatchpredict(net, sequences(rng, 5))


def test_network_without_an_input_layer_raises(rng):
    with pytest.raises(dl.FormatError, match="must begin with a sequenceInputLayer"):
        dl.minibatchpredict(dl.dlnetwork([dl.reluLayer()]), sequences(rng, 5))


@pytest.mark.parametrize("call", ["minibatchpredict", "testnet"])
def test_unknown_option_names_the_closest(call, rng):
    data = [sequences(rng, 5), *([["a"], "accuracy"] if call == "testnet" else [])]
    with pytest.raises(TypeError, match=r"MinibatchSize.*Did you mean '?MiniBatchSize"):
        getattr(dl, call)(classifier(), *data, MinibatchSize=2)


# -- padding to the right does not reach back


NET = causal()


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(1, 70), min_size=1, max_size=6),
    size=st.integers(1, 4),
    value=st.sampled_from([0, 1e30, np.nan, np.inf]),
    seed=st.integers(0, 2**32 - 1),
)
def test_causal_network_gives_the_same_bits_with_padding_on_the_right(lengths, size, value, seed):
    X = sequences(np.random.default_rng(seed), *lengths)
    with np.errstate(all="ignore"):
        got = dl.minibatchpredict(NET, X, MiniBatchSize=size, SequencePaddingValue=value)
    assert got.shape == (max(lengths), 4, len(lengths))
    for i, x in enumerate(X):
        assert np.array_equal(got[: len(x), :, i], NET.predict(x))


# -- scores2label


def test_label_of_the_largest_score():
    scores = [[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]
    labels, best = dl.scores2label(scores, ["a", "b", "c"], nargout=2)
    assert labels.tolist() == ["b", "a"]
    assert best.tolist() == [0.7, 0.5]
    assert dl.scores2label(scores, ["a", "b", "c"]).tolist() == ["b", "a"]


def test_first_of_equal_scores():
    scores = [[0.4, 0.4, 0.2], [0.2, 0.4, 0.4], [0, 0, 0]]
    assert dl.scores2label(scores, [7, 8, 9]).tolist() == [7, 8, 7]


@pytest.mark.parametrize(
    "names", [["a", "b"], ("a", "b"), np.array(["a", "b"]), pd.Index(["a", "b"])], ids=type
)
def test_class_names_may_be_any_sequence(names):
    assert dl.scores2label([[0, 1], [1, 0]], names).tolist() == ["b", "a"]


def test_labels_have_the_type_of_the_names():
    assert dl.scores2label([[0, 1]], np.array([3, 5], np.int16)).dtype == np.int16


def test_scores_may_be_labelled():
    scores = dl.dlarray([[0.1, 0.9], [0.8, 0.05], [0.1, 0.05]], "CB")
    assert dl.scores2label(scores, ["a", "b", "c"]).tolist() == ["b", "a"]


def test_scores_of_time_steps_give_labels_of_time_steps(rng):
    scores = rng.random((7, 3, 2))
    labels = dl.scores2label(scores, ["a", "b", "c"])
    assert labels.shape == (7, 2)
    assert np.array_equal(labels, np.array(["a", "b", "c"])[scores.argmax(axis=1)])


def test_no_observation_has_no_label():
    assert dl.scores2label(np.zeros((0, 2)), ["a", "b"]).shape == (0,)


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        (np.ones((2, 3)), "observations × classes; got 2×3 for 2 class names. Give one name"),
        (np.ones(2), "observations × classes; got 2 for 2 class names"),
        (np.ones((2, 1, 2)), "observations × classes; got 2×1×2 for 2 class names"),
    ],
    ids=["classes", "vector", "steps"],
)
def test_scores_that_do_not_fit_raise(scores, text):
    with pytest.raises(dl.ShapeError, match="scores2label: scores must be " + text):
        dl.scores2label(scores, ["a", "b"])


@pytest.mark.parametrize("nargout", [0, 3])
def test_number_of_results_is_checked(nargout):
    with pytest.raises(ValueError, match="nargout"):
        dl.scores2label([[0, 1]], ["a", "b"], nargout=nargout)


# -- testnet


def two_classes() -> dl.dlnetwork:
    """The class is the channel with the larger mean; channel 0 is "low"."""
    eye = dl.fullyConnectedLayer(2, Weights=np.eye(2, dtype="f4"))
    layers = [dl.sequenceInputLayer(2), dl.globalAveragePooling1dLayer(), eye, dl.softmaxLayer()]
    return dl.dlnetwork(layers)


X4 = [np.tile(row, (3, 1)) for row in ([1, 0], [0, 1], [0, 1], [1, 0])]


@pytest.mark.parametrize("size", [1, 3, 128])
def test_accuracy_is_in_percent_of_all_observations(size):
    T = ["low", "upper", "low", "low"]
    accuracy = dl.testnet(two_classes(), X4, T, "accuracy", MiniBatchSize=size)
    assert accuracy == 75


def test_metrics_of_a_list_are_an_array():
    got = dl.testnet(two_classes(), X4, ["low", "upper", "upper", "low"], ["Accuracy"])
    assert isinstance(got, np.ndarray)
    assert got.tolist() == [100]


@pytest.mark.parametrize(
    "T",
    [
        [3, 5, 5, 3],
        pd.Categorical(["x", "a", "a", "x"], ["x", "a"]),
        pd.Series(["l", "u", "u", "l"], dtype="category"),
        np.array(["l", "u", "u", "l"], object),
    ],
    ids=["integers", "categorical", "series", "objects"],
)
def test_targets_are_labels_of_any_kind(T):
    assert dl.testnet(two_classes(), X4, T, "accuracy") == 100


def test_known_classes_of_the_network_decide():
    net = two_classes().with_usage(ClassNames=("upper", "low"))
    assert dl.testnet(net, X4, ["low", "upper", "upper", "low"], "accuracy") == 0
    assert dl.testnet(net, X4[:1], ["upper"], "accuracy") == 100


def test_padding_options_reach_the_network():
    X = [np.array([[1.0, 0], [0, 0.9]]), np.array([[1.0, 0]])]
    net = two_classes()
    padded = dl.testnet(net, X, ["low", "upper"], "accuracy", SequencePaddingValue=0)
    shortest = dl.testnet(net, X, ["low", "upper"], "accuracy", SequenceLength="shortest")
    left = dl.testnet(
        net,
        X,
        ["low", "upper"],
        "accuracy",
        SequenceLength="shortest",
        SequencePaddingDirection="left",
    )
    assert (padded, shortest, left) == (50, 50, 0)


def test_agrees_with_labels_by_hand(rng):
    X, T = dl.datasets.waveform(40)
    made = dl.trainingOptions("adam", MaxEpochs=2, Verbose=False)
    layers = [
        dl.sequenceInputLayer(3),
        dl.globalMaxPooling1dLayer(),
        dl.fullyConnectedLayer(4),
        dl.softmaxLayer(),
    ]
    net = dl.trainnet(X, T, layers, "crossentropy", made)
    labels = dl.scores2label(dl.minibatchpredict(net, X), dl.categories(T))
    assert dl.testnet(net, X, T, "accuracy") == pytest.approx(100 * (labels == T).mean())


@pytest.mark.parametrize(
    ("T", "metrics", "error", "text"),
    [
        (["a"] * 4, "rmse", ValueError, 'Metrics="rmse" is not available in this version'),
        (["a"] * 4, "acc", ValueError, "Metrics must be \"accuracy\"; got 'acc'"),
        (["a"] * 4, [], ValueError, 'name a metric, for example "accuracy"'),
        (["a"] * 4, None, ValueError, 'name a metric, for example "accuracy"'),
        (["a"] * 4, len, ValueError, "metric objects and functions are not available"),
        (["a"] * 3, "accuracy", dl.ShapeError, "there are 4 sequences and targets of size 3"),
        (
            ["a", "b", "c", "a"],
            "accuracy",
            dl.ShapeError,
            "the network gives 2 scores, the targets have 3 classes",
        ),
    ],
    ids=["unbuilt", "unknown", "no", "none", "function", "count", "classes"],
)
def test_what_does_not_fit_raises(T, metrics, error, text):
    with pytest.raises(error, match="testnet: .*" + text):
        dl.testnet(two_classes(), X4, T, metrics)


def test_label_that_training_did_not_know_raises():
    net = two_classes().with_usage(ClassNames=("low", "upper"))
    with pytest.raises(
        ValueError, match=r"the label 'top' is not one of the classes \['low', 'upp"
    ):
        dl.testnet(net, X4, ["low", "top", "low", "low"], "accuracy")
