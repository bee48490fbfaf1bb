"""Loss functions in `trainnet`: what they get, and what they must return."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.tape import current_tape
from tests.training.small_networks import data, layers, linear, numbered, options, squared, train


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
        ("cross-entropy", 'lossFcn must be "crossentropy" or a function of .Y, T.; got'),
        (3, 'lossFcn must be "crossentropy" or a function of .Y, T.; got 3'),
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
