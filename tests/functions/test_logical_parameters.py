"""Parameters are numbers, as the data are: logical ones are errors that name them."""

from __future__ import annotations

import re

import numpy as np
import pytest

import dlarray as dl

X = dl.dlarray(np.ones((3, 2, 7)), "CBT")
ONES, LOGICAL = np.ones(3), np.ones(3) > 0

CALLS = {
    "dlconv: weights": lambda: dl.dlconv(X, np.ones((2, 3, 5)) > 0, WeightsFormat="TCU"),
    "dlconv: bias": lambda: dl.dlconv(X, np.ones((2, 3, 5)), True, WeightsFormat="TCU"),
    "dltranspconv: weights": lambda: dl.dltranspconv(
        X, np.ones((2, 5, 3)) > 0, WeightsFormat="TUC"
    ),
    "fullyconnect: weights": lambda: dl.fullyconnect(X, np.ones((4, 3)) > 0),
    "fullyconnect: bias": lambda: dl.fullyconnect(X, np.ones((3, 3)), LOGICAL),
    "layernorm: offset": lambda: dl.layernorm(X, LOGICAL, ONES),
    "groupnorm: scaleFactor": lambda: dl.groupnorm(X, 3, ONES, LOGICAL),
    "batchnorm: offset": lambda: dl.batchnorm(X, LOGICAL, ONES),
    "attention: keys": lambda: dl.attention(X, dl.dlarray(X.data > 0, "CBT"), X, 1),
}


@pytest.mark.parametrize("name", CALLS)
def test_logical_parameters_are_errors(name):
    text = f"{name}: logical data not supported; convert to single or double. Got "
    with pytest.raises(TypeError, match=re.escape(text)):
        CALLS[name]()


def test_masks_and_targets_may_be_logical():
    Y = dl.dlarray(np.full((3, 2), 0.5), "CB")
    targets = np.eye(3)[:, :2]
    mask = np.ones((3, 2)) > 0
    want = dl.crossentropy(Y, targets, ClassificationMode="multilabel", Mask=mask * 1.0)
    got = dl.crossentropy(Y, targets > 0, ClassificationMode="multilabel", Mask=mask)
    assert got.item() == want.item()
