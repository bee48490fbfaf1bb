"""`TrainingInfo`: histories, display."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.training import Progress

REPR = """
  TrainingInfo with properties:

           TrainingHistory: [2×6 table]
         ValidationHistory: [2×3 table]
    OutputNetworkIteration: 2
                StopReason: "Max epochs completed"
"""


def trained(**options: Any) -> Any:
    X = [np.full((3, 1), i, "f4") for i in range(4)]
    layers = [dl.sequenceInputLayer(1), dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(2)]
    made = dl.trainingOptions("adam", MiniBatchSize=2, MaxEpochs=1, Verbose=False, **options)
    T = ["a", "b", "a", "b"]
    return dl.trainnet(X, T, [*layers, dl.softmaxLayer()], "crossentropy", made, nargout=2)[1]


def validated() -> Any:
    data = ([np.ones((3, 1))], ["a"])
    return trained(ValidationData=data, Metrics="accuracy", OutputNetwork="last-iteration")


def test_columns_of_the_histories():
    info = validated()
    assert info.TrainingHistory.Properties == [
        "Iteration",
        "Epoch",
        "TimeElapsed",
        "LearnRate",
        "TrainingLoss",
        "TrainingAccuracy",
    ]
    assert info.ValidationHistory.Properties == [
        "Iteration",
        "ValidationLoss",
        "ValidationAccuracy",
    ]


def test_rows_are_iterations_and_evaluations():
    info = validated()
    assert info.TrainingHistory.Iteration == [1, 2]
    assert info.TrainingHistory.Epoch == [1, 1]
    assert info.TrainingHistory.LearnRate == [0.001, 0.001]
    assert 0 <= info.TrainingHistory.TimeElapsed[0] <= info.TrainingHistory.TimeElapsed[1]
    assert info.ValidationHistory.Iteration == [0, 2]


def test_without_metrics_there_is_no_column_of_them():
    assert trained().TrainingHistory.Properties[-1] == "TrainingLoss"


def test_history_without_rows_has_its_columns():
    info = trained()
    assert len(info.ValidationHistory) == 0
    assert info.ValidationHistory.Properties == ["Iteration", "ValidationLoss"]
    assert info.ValidationHistory.ValidationLoss == []


def test_history_is_a_copy():
    info = trained()
    info.TrainingHistory.TrainingLoss.clear()
    assert len(info.TrainingHistory.TrainingLoss) == 2


def test_history_becomes_a_pandas_frame():
    frame = validated().TrainingHistory.to_pandas()
    assert list(frame["Iteration"]) == [1, 2]


def test_repr():
    assert repr(validated()) == REPR


def test_moments_without_a_loss_are_not_recorded():
    info = dl.TrainingInfo()
    info.record(Progress("start"))
    info.record(Progress("done", 5))
    assert len(info.TrainingHistory) == len(info.ValidationHistory) == 0


@pytest.mark.parametrize("name", ["Epoch", "TimeElapsed", "LearnRate", "TrainingLoss"])
def test_progress_has_its_fields(name):
    assert hasattr(Progress("start"), name)
