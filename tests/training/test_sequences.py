"""Sequences and other arguments of `trainnet` that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.training.small_networks import layers, options

# -- sequences


@pytest.mark.parametrize(
    ("X", "error", "text"),
    [
        (
            dl.dlarray(np.ones((5, 2, 12))),
            TypeError,
            "sequences are arrays or lists of arrays, not dlarrays; use extractdata",
        ),
        (np.ones((5, 2, 3, 12)), dl.ShapeError, "time × channels × observations; got 5×2×3×12"),
        (np.ones(12), dl.ShapeError, "time × channels × observations; got 12"),
        (3, TypeError, "a list of arrays time × channels, or an array; got int"),
        ([["a", "b"]] * 12, TypeError, "sequence 0 is no numeric array; got <U1"),
        ([[[1, 2], [3]]] * 12, TypeError, "sequence 0 is no numeric array; got ragged lists"),
        (
            [np.ones((5, 2)), np.ones(5)],
            dl.ShapeError,
            "sequence 1 must have two dimensions.*got 5",
        ),
        ([3.0] * 12, dl.ShapeError, "sequence 0 must have two dimensions.*got a number"),
        ([np.ones((5, 2)), np.ones((0, 2))], dl.ShapeError, r"sequence 1 has no time steps, 0×2"),
        ([], dl.ShapeError, "there are no observations to train on"),
        (np.ones((5, 2, 0)), dl.ShapeError, "there are no observations to train on"),
        (
            [np.ones((5, 2)), np.ones((5, 3))],
            dl.ShapeError,
            r"Layer 'sequenceinput': Invalid size of channel dimension. Expected 2, got 3: "
            r"sequence 1 is 5\(T\) × 3\(C\)\.$",
        ),
        (
            [np.ones((2, 5))],
            dl.ShapeError,
            r"Expected 2, got 5: sequence 0 is 2\(T\) × 5\(C\)\. For data of channels by time set "
            'InputDataFormats="CTB"',
        ),
    ],
    ids=[
        "dlarray",
        "four dimensions",
        "one dimension",
        "number",
        "text",
        "ragged",
        "vector",
        "numbers",
        "no steps",
        "empty list",
        "empty array",
        "channels",
        "transposed",
    ],
)
def test_sequences_that_do_not_fit_raise(X, error, text, XT):
    with pytest.raises(error, match="trainnet: .*" + text):
        dl.trainnet(X, XT[1], layers(), "crossentropy", options())


def test_complex_and_object_sequences_raise(XT):
    for value in (np.ones((5, 2), complex), np.full((5, 2), None)):
        with pytest.raises(TypeError, match="sequence 0 is no numeric array"):
            dl.trainnet([value] * 12, XT[1], layers(), "crossentropy", options())


def test_empty_validation_raises(XT):
    with pytest.raises(dl.ShapeError, match="trainnet: ValidationData: there are no observations"):
        dl.trainnet(*XT, layers(), "crossentropy", options(ValidationData=([], [])))


def test_validation_of_other_channels_raises(XT):
    made = options(ValidationData=([np.ones((5, 3))], ["up"]))
    with pytest.raises(dl.ShapeError, match="ValidationData: Layer 'sequenceinput': Invalid size"):
        dl.trainnet(*XT, layers(), "crossentropy", made)


@pytest.mark.parametrize(
    "entry",
    [[dl.reluLayer()], [dl.sequenceInputLayer((5, 2)), dl.reluLayer()]],
    ids=["no", "image"],
)
def test_network_must_begin_with_an_input_of_vectors(entry, XT):
    with pytest.raises(dl.FormatError, match="must begin with a sequenceInputLayer for vector seq"):
        dl.trainnet(*XT, entry, "crossentropy", options())


def test_sequences_shorter_than_the_network_needs_raise(XT):
    made = layers(MinLength=7)
    with pytest.raises(dl.ShapeError, match="must be greater than or equal to the MinLength"):
        dl.trainnet(*XT, made, "crossentropy", options(SequenceLength="shortest"))


# -- arguments


@pytest.mark.parametrize("count", [0, 3, 6])
def test_number_of_arguments_is_checked(count):
    with pytest.raises(
        TypeError, match=rf"takes \(X, targets, net, lossFcn, .*; got {count} argum"
    ):
        dl.trainnet(*[None] * count)


def test_network_and_options_are_checked(XT):
    with pytest.raises(TypeError, match="net must be a dlnetwork or a list of layers; got str"):
        dl.trainnet(*XT, "net", "crossentropy", options())
    with pytest.raises(TypeError, match=r"options must come from trainingOptions.*; got dict"):
        dl.trainnet(*XT, layers(), "crossentropy", {})


def test_network_of_several_inputs_is_not_available(XT):
    class Two(dl.Layer):
        def __init__(self) -> None:
            super().__init__(NumInputs=2)

        def predict(self, A: dl.dlarray, B: dl.dlarray) -> dl.dlarray:
            return A + B

    with pytest.raises(ValueError, match=r"takes networks with one input; the network has \['lay"):
        dl.trainnet(*XT, [Two()], "crossentropy", options())


def test_network_of_several_outputs_is_not_available(XT):
    class Split(dl.Layer):
        def __init__(self) -> None:
            super().__init__(NumOutputs=2)

        def predict(self, X: dl.dlarray) -> Any:
            return X, X

    made = [*layers(), Split()]
    with pytest.raises(ValueError, match="output"):
        dl.trainnet(*XT, made, lambda Y, T: dl.sum(Y, "all"), options())
