"""`trainingOptions`: defaults, what is stored, copies, display."""

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
