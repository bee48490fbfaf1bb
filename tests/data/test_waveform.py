"""Generated waveforms: sizes, classes, seeds, and that simple statistics do not give the class."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl

CLASSES = ["sawtooth", "sine", "square", "triangle"]


@pytest.fixture(scope="module")
def data():
    return dl.datasets.waveform(1000)


def logistic_accuracy(features, targets, train, test, ridge=1e-3, steps=25):
    """Multinomial logistic regression by Newton steps; accuracy on both parts."""
    x = (features - features[train].mean(0)) / features[train].std(0)
    x = np.hstack([x, np.ones((len(x), 1))])
    classes = targets.max() + 1
    onehot = np.eye(classes)[targets]
    w = np.zeros((x.shape[1], classes))
    for _ in range(steps):
        p = softmax(x[train] @ w)
        slope = x[train].T @ (p - onehot[train]) + ridge * w
        weight = p[:, :, None] * (np.eye(classes) - p[:, None, :])
        curve = np.einsum("ni,nj,nab->iajb", x[train], x[train], weight)
        curve = curve.reshape(w.size, w.size) + ridge * np.eye(w.size)
        w -= np.linalg.solve(curve, slope.ravel()).reshape(w.shape)
    assert np.abs(slope).max() < 1e-6 * len(train)
    found = np.argmax(x @ w, 1) == targets
    return found[train].mean(), found[test].mean()


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_default_is_a_thousand_sequences_of_three_channels(data):
    X, T = data
    assert len(X) == len(T) == 1000
    assert {x.shape[1] for x in X} == {3}
    assert {x.dtype for x in X} == {np.dtype(np.float32)}
    assert np.isfinite(np.concatenate(X)).all()


def test_lengths_are_100_to_200_both_included(data):
    lengths = [len(x) for x in data[0]]
    assert (min(lengths), max(lengths)) == (100, 200)
    assert 145 < np.mean(lengths) < 155


def test_four_classes_occur_equally_often(data):
    T = data[1]
    assert T.shape == (1000,)
    names, counts = np.unique(T, return_counts=True)
    assert names.tolist() == CLASSES
    assert counts.min() > 200


def test_offsets_and_amplitudes_stay_in_their_ranges(data):
    for x in data[0]:
        assert np.abs(x).max() < 1.5 + 1 + 6 * 0.1
        assert x.std(0).min() > 0.5 / np.sqrt(3) * 0.8


def test_classes_have_their_shapes(data):
    """The kurtosis of a square is 1, of a sine 1.5, of a triangle or sawtooth 1.8."""
    z = [(x - x.mean(0)) / x.std(0) for x in data[0]]
    kurtosis = np.array([(v**4).mean() for v in z])
    median = {name: np.median(kurtosis[data[1] == name]) for name in CLASSES}
    assert median["square"] < 1.15 < 1.4 < median["sine"] < 1.65 < median["triangle"] < 2
    assert 1.65 < median["sawtooth"] < 2


def test_same_seed_gives_the_same_bits():
    (X, T), (X2, T2) = (dl.datasets.waveform(20, seed=7) for _ in range(2))
    assert T.tolist() == T2.tolist()
    for x, x2 in zip(X, X2, strict=True):
        np.testing.assert_array_equal(x, x2)


def test_seeds_give_different_data():
    first, second = (dl.datasets.waveform(20, seed=seed)[0] for seed in (0, 1))
    assert not np.array_equal(first[0][:100], second[0][:100])


def test_the_global_seed_is_neither_used_nor_moved():
    dl.rng(1)
    x = dl.datasets.waveform(1)[0][0]
    after = dl.trainingPartitions(50, [0.5, 0.5])
    dl.rng(1)
    np.testing.assert_array_equal(after, dl.trainingPartitions(50, [0.5, 0.5]))
    np.testing.assert_array_equal(x, dl.datasets.waveform(1)[0][0])


def test_mean_and_standard_deviation_do_not_give_the_class(data):
    X, T = data
    features = np.array([np.hstack([x.mean(0), x.std(0)]) for x in X], np.float64)
    targets = np.searchsorted(CLASSES, T)
    train, test = np.arange(800), np.arange(800, 1000)
    assert max(logistic_accuracy(features, targets, train, test)) <= 0.70


def test_the_regression_finds_classes_that_can_be_told_apart(rng):
    targets = np.arange(400) % 4
    features = np.eye(4)[targets] + 0.2 * rng.standard_normal((400, 4))
    assert min(logistic_accuracy(features, targets, np.arange(300), np.arange(300, 400))) > 0.95


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((0,), {}, "numObservations must be a positive integer; got 0"),
        ((1.5,), {}, "numObservations must be a positive integer; got 1.5"),
        (("10",), {}, "numObservations must be a positive integer; got '10'"),
        ((1,), {"seed": -1}, "seed must be an integer, at least 0; got -1"),
        ((1,), {"seed": None}, "seed must be an integer, at least 0; got None"),
    ],
    ids=["0", "fraction", "text", "negative-seed", "no-seed"],
)
def test_errors(arguments, options, text):
    with pytest.raises(ValueError, match=f"waveform: {text}"):
        dl.datasets.waveform(*arguments, **options)
