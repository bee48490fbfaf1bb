"""`trainingOptions`: what is not built, values out of range, names that are none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import dlarray as dl


def options(**values: Any) -> Any:
    return dl.trainingOptions("adam", **values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LearnRateSchedule", "piecewise"),
        ("LearnRateDropFactor", 0.2),
        ("LearnRateDropPeriod", 5),
        ("CheckpointFrequency", 2),
        ("CheckpointFrequencyUnit", "iteration"),
        ("SequenceLength", 100),
        ("PreprocessingEnvironment", "background"),
        ("PreprocessingEnvironment", "parallel"),
        ("ValidationPatience", 5),
        ("ObjectiveMetricName", "accuracy"),
        ("CheckpointPath", "checkpoints"),
        ("ExecutionEnvironment", "gpu"),
        ("ExecutionEnvironment", "Multi-GPU"),
        ("ExecutionEnvironment", "parallel-auto"),
        ("ExecutionEnvironment", "parallel-cpu"),
        ("ExecutionEnvironment", "parallel-gpu"),
        ("Metrics", "rmse"),
        ("Metrics", ["accuracy", "fscore"]),
        ("Metrics", max),
        ("TargetDataFormats", "CTB"),
        ("BatchNormalizationStatistics", "moving"),
        ("BatchNormalizationStatistics", "population"),
        ("WorkerLoad", [1, 1]),
        ("WorkerLoad", np.ones(2)),
        ("DispatchInBackground", True),
    ],
    ids=str,
)
def test_what_is_not_built_raises_and_says_so(name, value):
    with pytest.raises(ValueError, match=r"trainingOptions: .*not available in this version"):
        options(**{name: value})


@pytest.mark.parametrize("solver", ["rmsprop", "lbfgs", "lm"])
def test_other_solvers_are_not_available(solver):
    with pytest.raises(
        ValueError, match=f'solverName="{solver}" is not available in this version; possible: "adam'
    ):
        dl.trainingOptions(solver)


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("DispatchInBackground", True, "Use PreprocessingEnvironment"),
        ("WorkerLoad", 1, "Training runs in this process"),
        ("SequenceLength", 50, 'possible: "longest", "shortest". A number of steps belongs to'),
    ],
)
def test_what_is_not_built_names_what_to_do(name, value, instead):
    with pytest.raises(ValueError, match=instead):
        options(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("MaxEpochs", 0, "MaxEpochs must be a positive integer; got 0"),
        ("MaxEpochs", 1.5, "MaxEpochs must be a positive integer; got 1.5"),
        ("MaxEpochs", math.inf, "MaxEpochs must be a positive integer; got inf"),
        ("MiniBatchSize", -1, "MiniBatchSize must be a positive integer; got -1"),
        ("MiniBatchSize", True, "MiniBatchSize must be a positive integer; got True"),
        ("VerboseFrequency", 0, "VerboseFrequency must be a positive integer; got 0"),
        ("ValidationFrequency", "a", "ValidationFrequency must be a positive integer; got 'a'"),
        ("InitialLearnRate", 0, "InitialLearnRate must be a number, above 0 and finite; got 0"),
        (
            "InitialLearnRate",
            math.nan,
            "InitialLearnRate must be a number, above 0 and finite; got nan",
        ),
        (
            "L2Regularization",
            -1e-4,
            "L2Regularization must be a number, at least 0 and finite; got -0.0001",
        ),
        ("GradientThreshold", 0, "GradientThreshold must be a number, above 0; got 0"),
        (
            "GradientDecayFactor",
            1,
            "GradientDecayFactor must be a number, at least 0 and below 1; got 1",
        ),
        ("GradientDecayFactor", -0.1, "GradientDecayFactor must be a number, at least 0"),
        (
            "SquaredGradientDecayFactor",
            1.0,
            "SquaredGradientDecayFactor must be a number, at least 0 and below 1; got 1",
        ),
        ("Epsilon", 0, "Epsilon must be a number, above 0 and finite; got 0"),
        ("Verbose", "yes", "Verbose must be true or false; got 'yes'"),
        ("Verbose", 2, "Verbose must be true or false; got 2"),
        ("ResetInputNormalization", None, "ResetInputNormalization must be true or false"),
        (
            "Shuffle",
            "every",
            'Shuffle must be one of "once", "never", "every-epoch"; got \'every\'',
        ),
        ("SequenceLength", "long", 'SequenceLength must be one of "longest", "shortest"; got'),
        ("SequencePaddingDirection", "both", 'must be one of "right", "left"; got \'both\''),
        ("SequencePaddingValue", "a", "SequencePaddingValue must be a number; got 'a'"),
        ("GradientThresholdMethod", "max", 'must be one of "l2norm", "global-l2norm", "absolute-'),
        ("OutputNetwork", "best", 'OutputNetwork must be one of "auto", "last-iteration", "best-'),
        ("Plots", True, 'Plots must be one of "none", "training-progress"; got True'),
        ("Metrics", "acc", "Metrics must be \"accuracy\"; got 'acc'"),
        ("Acceleration", "mex", 'Acceleration must be one of "auto", "none"; got \'mex\''),
        ("OutputFcn", [abs, 3], "OutputFcn must be a function or a list of functions; got int"),
        ("OutputFcn", 3, "OutputFcn must be a function or a list of functions; got int"),
        ("OutputFcn", "print", "OutputFcn must be a function or a list of functions; got str"),
        ("ValidationData", [1, 2, 3], r"ValidationData must be a pair \(X, T\).*; got list"),
        ("ValidationData", np.ones((2, 2)), r"ValidationData must be a pair \(X, T\).*; got nd"),
        ("InputDataFormats", ["CTB"], 'InputDataFormats must be "auto" or a format.*; got list'),
        (
            "InputDataFormats",
            "CT",
            'must be "auto" or the labels C, T and B in some order; got "CT',
        ),
        ("InputDataFormats", "ctb", "labels C, T and B in some order"),
    ],
    ids=str,
)
def test_values_out_of_range_raise(name, value, rule):
    with pytest.raises(ValueError, match="trainingOptions: .*" + rule):
        options(**{name: value})


@pytest.mark.parametrize("name", ["InitialLearnRate", "L2Regularization", "Epsilon"])
def test_infinite_numbers_raise(name):
    with pytest.raises(ValueError, match=name):
        options(**{name: math.inf})


@pytest.mark.parametrize("value", [1.5, -0.1, math.nan], ids=str)
def test_momentum_out_of_range_raises(value):
    with pytest.raises(ValueError, match="Momentum must be a number, at least 0 and at most 1"):
        dl.trainingOptions("sgdm", Momentum=value)


@pytest.mark.parametrize("value", ["sgd", 3, None], ids=str)
def test_unknown_solver_raises(value):
    with pytest.raises(ValueError, match='solverName must be one of "adam", "sgdm"; got '):
        dl.trainingOptions(value)


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("MaxEpoch", "MaxEpochs"),
        ("maxepochs", "MaxEpochs"),
        ("LearnRate", "InitialLearnRate|LearnRateSchedule|LearnRateDrop"),
        ("MinibatchSize", "MiniBatchSize"),
        ("GradientTreshold", "GradientThreshold"),
    ],
)
def test_unknown_option_names_the_closest(name, closest):
    with pytest.raises(
        TypeError, match=f"trainingOptions: there is no option {name}. Did you mean ({closest})"
    ):
        options(**{name: 1})


@pytest.mark.parametrize(
    ("solver", "name"), [("adam", "Momentum"), ("sgdm", "GradientDecayFactor")]
)
def test_option_of_the_other_solver_raises(solver, name):
    with pytest.raises(TypeError, match=f"there is no option {name}"):
        dl.trainingOptions(solver, **{name: 0.9})
