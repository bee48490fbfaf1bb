"""Validation in `trainnet`: when it runs, what it measures, which network it chooses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.tape import current_tape
from tests.training.small_networks import (
    assert_same_weights,
    data,
    layers,
    linear,
    numbered,
    options,
    squared,
    stop_after,
    train,
)


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
