"""Parameter updates inside `dlfeval`: differentiated through."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.array.gradients import vector


def adam(p, g, m, v, t=3):
    return dl.adamupdate(p, g, m, v, t, 0.1, 0.7, 0.8, 0.01)


def sgdm(p, g, m, v):
    return dl.sgdmupdate(p, g, m, 0.1, 0.7)


def rmsprop(p, g, m, v):
    return dl.rmspropupdate(p, g, v, 0.1, 0.8, 0.01)


updates = pytest.mark.parametrize("update", [adam, sgdm, rmsprop], ids=lambda f: f.__name__)


def arrays(rng, dtype="f8"):
    """A parameter, its gradient and two states."""
    data = rng.uniform(0.5, 1.5, (4, 3, 5)).astype(dtype)
    return [dl.dlarray(part, "CB") for part in data]


@updates
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_values_are_those_of_the_fast_step(update, dtype, rng):
    given = arrays(rng, dtype)
    inside = dl.dlfeval(update, *given)
    for got, want in zip(inside, update(*given), strict=True):
        assert (dl.dims(got), got.dtype, got.node) == ("CB", want.dtype, None)
        rtol = 1e-6 if dtype == "f4" else 1e-13
        np.testing.assert_allclose(got.extractdata(), want.extractdata(), rtol=rtol)


@updates
@pytest.mark.parametrize("part", [0, 1])
def test_a_step_can_be_differentiated(update, part, rng):
    given = arrays(rng)
    checkGradients(lambda *xs: update(*xs)[part].stripdims() ** 2, *given)


@updates
def test_types_and_formats_meet_those_of_the_parameter(update, rng):
    p, g, _, v = arrays(rng, "f4")

    def step(g):
        return update(p, g, None, v.extractdata())[0]

    new = dl.dlfeval(step, dl.double(dl.stripdims(g)))
    assert (dl.dims(new), new.dtype) == ("CB", np.float32)
    expected = update(p, g, None, v)[0].extractdata()
    np.testing.assert_allclose(new.extractdata(), expected, rtol=1e-6)


def test_a_loss_after_a_step_of_learning():
    """The gradient by the start of the loss after a step: (1 - 2 r) of that by its end."""

    def start(w):
        inner = dl.dlgradient(dl.sum(w["a"] ** 2), w, EnableHigherDerivatives=True)
        w_new, _ = dl.sgdmupdate(w, inner, None, 0.1)
        return dl.dlgradient(dl.sum(w_new["a"] ** 2), w)

    slope = dl.dlfeval(start, {"a": vector(3)})["a"]
    assert abs(slope.item() - 2 * (0.8 * 3) * 0.8) < 1e-12


def test_dlupdate_is_traced_as_its_function_is():
    def loss(p):
        return dl.dlgradient(dl.sum(dl.dlupdate(lambda w: w**2, p)["w"]), p)

    assert dl.dlfeval(loss, {"w": vector(3)})["w"].item() == 6


@updates
def test_constants_beside_a_tape_take_the_fast_step(update, rng):
    given = arrays(rng)

    def step(x):
        return [part.node for part in update(*given)]

    assert set(dl.dlfeval(step, vector(1))) == {None}
