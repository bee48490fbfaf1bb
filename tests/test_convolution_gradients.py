"""The gradients of a convolution's arguments: the same bits whichever of them are asked for, and
however.
"""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray import operators as ops
from dlarray.kernels import Geometry
from dlarray.tape import Traced, gradients, recording

OPTIONS = {"x_axes": (1, 2, 0), "w_axes": (0, 1, 2), "geometry": (Geometry(1, 1, 1, 1),)}
NAMES = "xwb"
ASKED = [set(names) for n in (1, 2, 3) for names in combinations(NAMES, n)]


def arrays(rng, channels, filters):
    sizes = (channels, 4, 400), (3, channels, filters), (1, filters)
    return dict(zip(NAMES, (rng.standard_normal(size) for size in sizes), strict=True))


def slopes(operator, data, dy, asked, *, record=False):
    with recording() as tape:
        places = {name: Traced(x, tape.leaf(x)) if name in asked else x for name, x in data.items()}
        y = operator(*places.values(), **OPTIONS)
        leaves: list[Any] = [places[name].node for name in sorted(asked)]
        found = gradients(y, dy, leaves, record=record)
    return dict(zip(sorted(asked), (getattr(g, "data", g) for g in found), strict=True))


@pytest.mark.parametrize("operator", [ops.conv, ops.conv_relu], ids=lambda op: op.name)
@pytest.mark.parametrize("sizes", [(5, 20), (16, 2)], ids=str)
def test_what_else_is_asked_for_changes_no_bit(operator, sizes, rng):
    data = arrays(rng, *sizes)
    dy = rng.standard_normal(operator(*data.values(), **OPTIONS).shape)
    whole = slopes(operator, data, dy, set(NAMES))
    for asked in ASKED:
        for name, found in slopes(operator, data, dy, asked).items():
            if name == "b" and "w" not in asked:  # a pass of its own, which adds in another order
                np.testing.assert_allclose(found, whole[name], rtol=0, atol=1e-12)
            else:
                np.testing.assert_array_equal(found, whole[name])
    recorded = slopes(operator, data, dy, set(NAMES), record=True)
    for name, found in recorded.items():
        np.testing.assert_array_equal(found, whole[name])


def test_an_accelerated_function_gives_the_same_bits(rng):
    X = dl.dlarray(rng.standard_normal((8, 3, 50)), "CBT")
    w, b = dl.dlarray(rng.standard_normal((3, 8, 21))), dl.dlarray(rng.standard_normal(21))

    def loss_and_gradients(X, w, b):
        Y = dl.dlconv(X, w, b, WeightsFormat="TCU", Padding="same")
        return dl.dlgradient(dl.sum(Y * Y, "all"), X, w, b)

    plain = dl.dlfeval(loss_and_gradients, X, w, b)
    fast = dl.dlaccelerate(loss_and_gradients)
    for _ in range(3):
        for got, want in zip(dl.dlfeval(fast, X, w, b), plain, strict=True):
            np.testing.assert_array_equal(got.extractdata(), want.extractdata())
