"""The verbose table, character by character."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.training import Progress, TrainingInfo
from dlarray.training.report import VerboseTable

VALIDATED = """\
    Iteration    Epoch    TimeElapsed    LearnRate    TrainingLoss    ValidationLoss    \
TrainingAccuracy    ValidationAccuracy
    _________    _____    ___________    _________    ____________    ______________    \
________________    __________________
            0        0       00:00:00         0.05                           0.26302    \
                                    50
            1        1       00:00:00         0.05          2765.5                      \
              75                      \n\
            2        1       00:00:02         0.05       6.464e-05               0.1    \
             100                 66.67
            4        2       01:01:01         0.05               1                      \
           33.33                      \n\
            5        2       25:00:00         0.05         0.12346                 2    \
               0                   100
Training stopped: Max epochs completed
"""

PLAIN = """\
    Iteration    Epoch    TimeElapsed    LearnRate    TrainingLoss
    _________    _____    ___________    _________    ____________
            1        1       hh:mm:ss        0.001             0.5
           50       50       hh:mm:ss        0.001             0.5
           52       52       hh:mm:ss        0.001             0.5
Training stopped: Max epochs completed
"""


def options(**values: Any) -> Any:
    return dl.trainingOptions("adam", **values)


def rows_of(table: VerboseTable, moments: list[Progress], reason: str) -> None:
    table.header()
    for moment in moments:
        table.update(moment)
    table.close(reason)


def table(lines: list[str], metrics: tuple[str, ...] = (), **values: Any) -> VerboseTable:
    return VerboseTable(options(**values), TrainingInfo(metrics=metrics), lines.append)


def moment(iteration: int, **values: Any) -> Progress:
    return Progress("iteration", iteration, 1, LearnRate=0.05, **values)


def test_table_with_validation_and_metric():
    lines: list[str] = []
    moments = [
        Progress("iteration", LearnRate=0.05, ValidationLoss=0.26302, ValidationAccuracy=50.0),
        moment(1, TrainingLoss=2765.5, TrainingAccuracy=75.0, TimeElapsed=0.999),
        moment(
            2,
            TrainingLoss=6.464e-5,
            TrainingAccuracy=100.0,
            ValidationLoss=0.1,
            ValidationAccuracy=66.67,
            TimeElapsed=2.3,
        ),
        Progress("iteration", 3, 2, 3.0, 0.05, 0.5, TrainingAccuracy=1.0),
        Progress("iteration", 4, 2, 3661.0, 0.05, 1.0, TrainingAccuracy=33.33),
        Progress("iteration", 5, 2, 90000.0, 0.05, 0.123456789, 2.0, 0.0, 100.0),
    ]
    rows_of(
        table(lines, ("Accuracy",), ValidationData=([], []), VerboseFrequency=4),
        moments,
        "Max epochs completed",
    )
    assert "\n".join(lines) + "\n" == VALIDATED


def test_table_of_a_run(capsys):
    X = [np.ones((3, 1), "f4")] * 2
    layers = [dl.sequenceInputLayer(1), dl.globalAveragePooling1dLayer()]
    made = options(MaxEpochs=52)
    dl.trainnet(X, [[0.0], [0.0]], layers, lambda Y, T: dl.mean(Y * 0.5, "all"), made)
    printed = re.sub(r"\d\d:\d\d:\d\d", "hh:mm:ss", capsys.readouterr().out)
    assert printed == PLAIN


def test_nothing_is_printed_without_verbose(capsys):
    X = [np.ones((3, 1), "f4")] * 2
    layers = [dl.sequenceInputLayer(1), dl.globalAveragePooling1dLayer()]
    made = options(MaxEpochs=2, Verbose=False)
    dl.trainnet(X, [[0.0], [0.0]], layers, lambda Y, T: dl.mean(Y, "all"), made)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("loss", "text"), [(np.nan, "NaN"), (np.inf, "Inf"), (-np.inf, "-Inf")])
def test_numbers_that_are_not_finite_print_as_in_matlab(loss, text):
    lines: list[str] = []
    rows_of(table(lines), [moment(1, TrainingLoss=float(loss))], "done")
    assert lines[2].split()[-1] == text


def iterations(lines: list[str]) -> list[int]:
    return [int(line.split()[0]) for line in lines[2:-1]]


@pytest.mark.parametrize(
    ("last", "expected"), [(1, [1]), (3, [1, 3]), (4, [1, 4]), (9, [1, 4, 8, 9])]
)
def test_first_regular_and_last_rows(last, expected):
    lines: list[str] = []
    moments = [moment(i, TrainingLoss=1.0) for i in range(1, last + 1)]
    rows_of(table(lines, VerboseFrequency=4), moments, "done")
    assert iterations(lines) == expected


def test_rows_with_validation_are_printed():
    lines: list[str] = []
    moments = [
        moment(i, TrainingLoss=1.0, ValidationLoss=1.0 if i % 3 == 0 else None) for i in range(1, 9)
    ]
    rows_of(table(lines, ValidationData=([], [])), moments, "done")
    assert iterations(lines) == [1, 3, 6, 8]


def test_last_line_tells_the_reason(capsys):
    X = [np.ones((3, 1), "f4")] * 2
    layers = [dl.sequenceInputLayer(1), dl.globalAveragePooling1dLayer()]
    made = options(OutputFcn=lambda progress: progress.Iteration == 3)
    dl.trainnet(X, [[0.0], [0.0]], layers, lambda Y, T: dl.mean(Y, "all"), made)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "Training stopped: Stopped by OutputFcn"
    assert lines[-2].split()[0] == "3"


def test_loss_that_is_not_a_number_ends_the_table(capsys):
    X = [np.full((3, 1), np.nan)] * 2
    layers = [dl.sequenceInputLayer(1), dl.globalAveragePooling1dLayer()]
    dl.trainnet(X, [[0.0], [0.0]], layers, lambda Y, T: dl.mean(Y, "all"), options())
    assert capsys.readouterr().out.splitlines()[-1] == "Training stopped: Training loss is NaN"
