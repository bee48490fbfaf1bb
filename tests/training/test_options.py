"""`trainingOptions`: defaults, checks, what is not built, display."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

import dlarray as dl

COMMON = {
    "MaxEpochs": 30,
    "LearnRateSchedule": "none",
    "LearnRateDropFactor": 0.1,
    "LearnRateDropPeriod": 10,
    "MiniBatchSize": 128,
    "Shuffle": "once",
    "CheckpointFrequency": 1,
    "CheckpointFrequencyUnit": "epoch",
    "SequenceLength": "longest",
    "PreprocessingEnvironment": "serial",
    "L2Regularization": 1e-4,
    "GradientThresholdMethod": "l2norm",
    "GradientThreshold": math.inf,
    "Verbose": True,
    "VerboseFrequency": 50,
    "ValidationData": None,
    "ValidationFrequency": 50,
    "ValidationPatience": math.inf,
    "ObjectiveMetricName": "loss",
    "CheckpointPath": "",
    "ExecutionEnvironment": "auto",
    "OutputFcn": (),
    "Metrics": (),
    "Plots": "none",
    "SequencePaddingValue": 0,
    "SequencePaddingDirection": "right",
    "InputDataFormats": "auto",
    "TargetDataFormats": "auto",
    "ResetInputNormalization": True,
    "BatchNormalizationStatistics": "auto",
    "OutputNetwork": "auto",
    "Acceleration": "auto",
}
OLD = {"WorkerLoad": None, "DispatchInBackground": False}
DEFAULTS = {
    "adam": {
        "GradientDecayFactor": 0.9,
        "SquaredGradientDecayFactor": 0.999,
        "Epsilon": 1e-8,
        "InitialLearnRate": 0.001,
        **COMMON,
    },
    "sgdm": {"Momentum": 0.9, "InitialLearnRate": 0.01, **COMMON},
}

DISPLAY = """
  TrainingOptionsSGDM with properties:

                        Momentum: 0.9
                InitialLearnRate: 0.01
                       MaxEpochs: 30
               LearnRateSchedule: 'none'
             LearnRateDropFactor: 0.1
             LearnRateDropPeriod: 10
                   MiniBatchSize: 128
                         Shuffle: 'once'
             CheckpointFrequency: 1
         CheckpointFrequencyUnit: 'epoch'
                  SequenceLength: 'longest'
        PreprocessingEnvironment: 'serial'
                L2Regularization: 0.0001
         GradientThresholdMethod: 'l2norm'
               GradientThreshold: Inf
                         Verbose: 1
                VerboseFrequency: 50
                  ValidationData: []
             ValidationFrequency: 50
              ValidationPatience: Inf
             ObjectiveMetricName: 'loss'
                  CheckpointPath: ''
            ExecutionEnvironment: 'auto'
                       OutputFcn: []
                         Metrics: []
                           Plots: 'none'
            SequencePaddingValue: 0
        SequencePaddingDirection: 'right'
                InputDataFormats: 'auto'
               TargetDataFormats: 'auto'
         ResetInputNormalization: 1
    BatchNormalizationStatistics: 'auto'
                   OutputNetwork: 'auto'
                    Acceleration: 'auto'
"""


def options(**values: Any) -> Any:
    return dl.trainingOptions("adam", **values)


@pytest.mark.parametrize("solver", DEFAULTS)
def test_defaults(solver):
    made = dl.trainingOptions(solver)
    assert {name: getattr(made, name) for name in DEFAULTS[solver]} == DEFAULTS[solver]
    assert {name: getattr(made, name) for name in OLD} == OLD


@pytest.mark.parametrize("solver", DEFAULTS)
def test_every_default_is_accepted(solver):
    values = {**DEFAULTS[solver], **OLD}
    made = dl.trainingOptions(solver, **values)
    assert {name: getattr(made, name) for name in values} == values


@pytest.mark.parametrize(
    ("name", "cls"),
    [("adam", dl.TrainingOptionsADAM), ("SGDM", dl.TrainingOptionsSGDM)],
)
def test_solver_decides_the_class(name, cls):
    assert type(dl.trainingOptions(name)) is cls


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("Shuffle", "Every-Epoch", "every-epoch"),
        ("Shuffle", "NEVER", "never"),
        ("OutputNetwork", "Best-Validation", "best-validation"),
        ("GradientThresholdMethod", "Global-L2Norm", "global-l2norm"),
        ("SequenceLength", "Shortest", "shortest"),
        ("SequencePaddingDirection", "LEFT", "left"),
        ("Plots", "Training-Progress", "training-progress"),
        ("InputDataFormats", "AUTO", "auto"),
        ("InputDataFormats", "CTB", "CTB"),
        ("ExecutionEnvironment", "CPU", "cpu"),
        ("Acceleration", "None", "none"),
        ("Metrics", "Accuracy", ("accuracy",)),
        ("Metrics", ["accuracy"], ("accuracy",)),
        ("Metrics", None, ()),
        ("Verbose", 0, False),
        ("ResetInputNormalization", np.False_, False),
        ("MaxEpochs", 5.0, 5),
        ("MiniBatchSize", np.int64(27), 27),
        ("SequencePaddingValue", -1, -1),
        ("L2Regularization", 0, 0),
        ("CheckpointPath", None, ""),
        ("ValidationPatience", float("inf"), math.inf),
    ],
    ids=str,
)
def test_values_are_stored_in_their_documented_form(name, value, stored):
    got = getattr(options(**{name: value}), name)
    assert got == stored
    assert type(got) is type(stored) or isinstance(got, float)


def test_padding_value_may_be_nan():
    assert math.isnan(options(SequencePaddingValue=math.nan).SequencePaddingValue)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_output_functions_are_one_or_several(count):
    functions = [abs, len][:count]
    given = functions if count != 1 else functions[0]
    assert options(OutputFcn=given).OutputFcn == tuple(functions)


def test_validation_data_is_a_pair():
    pair = ([np.ones((3, 2))], ["a"])
    assert options(ValidationData=pair).ValidationData is pair
    assert options(ValidationData=list(pair)).ValidationData == list(pair)


@pytest.mark.parametrize("fraction", [0, 0.5, 1])
def test_momentum_is_from_zero_to_one(fraction):
    assert dl.trainingOptions("sgdm", Momentum=fraction).Momentum == fraction


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
        ("Metrics", "acc", "Metrics must be one of \"accuracy\"; got 'acc'"),
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


def test_assigned_values_are_checked():
    made = options()
    made.MaxEpochs, made.Shuffle = 7.0, "Never"
    assert (made.MaxEpochs, made.Shuffle) == (7, "never")
    with pytest.raises(ValueError, match="MaxEpochs must be a positive integer; got 0"):
        made.MaxEpochs = 0
    with pytest.raises(ValueError, match="not available in this version"):
        made.LearnRateSchedule = "piecewise"
    with pytest.raises(TypeError, match=r"no option MaxEpoch. Did you mean MaxEpochs"):
        made.MaxEpoch = 3
    assert made.MaxEpochs == 7


def test_unknown_property_raises():
    with pytest.raises(
        AttributeError, match=r"TrainingOptionsADAM has no option Momentum. Options"
    ):
        options().Momentum  # noqa: B018


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_are_equal_and_independent(duplicate):
    made = options(MaxEpochs=7)
    again = duplicate(made)
    assert repr(again) == repr(made)
    again.MaxEpochs = 9
    assert made.MaxEpochs == 7


def test_display():
    assert repr(dl.trainingOptions("sgdm")) == DISPLAY


def test_display_of_adam_begins_with_its_decays():
    lines = repr(dl.trainingOptions("adam", Metrics="accuracy")).split("\n")
    assert lines[1] == "  TrainingOptionsADAM with properties:"
    assert [line.strip() for line in lines[3:7]] == [
        "GradientDecayFactor: 0.9",
        "SquaredGradientDecayFactor: 0.999",
        "Epsilon: 1e-08",
        "InitialLearnRate: 0.001",
    ]
    assert "Metrics: {'accuracy'}" in [line.strip() for line in lines]


def test_display_of_data_and_functions():
    made = options(ValidationData=([np.ones((3, 2))], ["a"]), OutputFcn=[abs, len])
    lines = [line.strip() for line in repr(made).split("\n")]
    assert "ValidationData: [1×2 tuple]" in lines
    assert "OutputFcn: [1×2 tuple]" in lines
