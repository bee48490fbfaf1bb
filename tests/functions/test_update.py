"""`adamupdate`, `rmspropupdate`, `sgdmupdate`, `dlupdate`."""

import dataclasses
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import naive
from tests.array.gradients import vector
from tests.functions.updates import both

# -- one step
# ------------------------------------------------------------------------------------------------


def test_first_adam_step_by_hand():
    p, m, v = dl.adamupdate(vector(1), vector(1), None, None, 1, 0.05, 0.75, 0.95)
    assert abs(p.item() - 0.95) < 1e-6
    np.testing.assert_allclose([m.item(), v.item()], [0.25, 0.05], rtol=1e-12)


def test_first_sgdm_step_by_hand():
    p, v = dl.sgdmupdate(vector(1), vector(1), None, 0.05, 0.95)
    np.testing.assert_allclose([p.item(), v.item()], [0.95, -0.05], rtol=1e-12)


def test_first_rmsprop_step_by_hand():
    p, v = dl.rmspropupdate(vector(1), vector(1), None, 0.05, 0.95)
    np.testing.assert_allclose([p.item() - 1, v.item()], [-0.223606788, 0.05], atol=1e-9)


def test_positional_options_of_rmsprop():
    p, v = dl.rmspropupdate(vector(1), vector(2), vector(3), 0.1, 0.5, 0.25)
    v_new = 0.5 * 3 + 0.5 * 4
    np.testing.assert_allclose([p.item(), v.item()], [1 - 0.2 / (v_new**0.5 + 0.25), v_new])


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_steps_of_rmsprop_match_the_definition(dtype, rng):
    p = rng.standard_normal((3, 5)).astype(dtype)
    P, V = dl.dlarray(p, "CB"), None
    p, v = p.astype(float), 0.0
    for _ in range(4):
        g = rng.standard_normal((3, 5)).astype(dtype)
        P, V = dl.rmspropupdate(P, dl.dlarray(g, "CB"), V)
        v = 0.9 * v + (1 - 0.9) * g.astype(float) ** 2
        p = p - 0.001 * g / (np.sqrt(v) + 1e-8)
        assert (P.dtype, V.dtype, dl.dims(V)) == (dtype, dtype, "CB")
        np.testing.assert_allclose(P.extractdata(), p, atol=10 * TOLERANCES[dtype])
        np.testing.assert_allclose(V.extractdata(), v, atol=10 * TOLERANCES[dtype])


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
@pytest.mark.parametrize(
    "options",
    [{}, {"learnRate": 0.1, "gradDecay": 0.5, "sqGradDecay": 0.9, "epsilon": 1e-4}],
    ids=["defaults", "options"],
)
def test_steps_of_adam_match_the_reference(options, dtype, rng):
    p = rng.standard_normal((3, 5)).astype(dtype)
    P, M, V = dl.dlarray(p, "CB"), None, None
    p, m, v = p.astype(float), 0.0, 0.0
    names = {"learnRate": "rate", "gradDecay": "decay", "sqGradDecay": "sq_decay"}
    for t in range(1, 5):
        g = rng.standard_normal((3, 5)).astype(dtype)
        P, M, V = dl.adamupdate(P, dl.dlarray(g, "CB"), M, V, t, **options)
        p, m, v = naive.adam(p, g, m, v, t, **{names.get(k, k): x for k, x in options.items()})
        for X, x in ((P, p), (M, m), (V, v)):
            assert (X.dtype, dl.dims(X)) == (dtype, "CB")
            np.testing.assert_allclose(X.extractdata(), x, atol=20 * TOLERANCES[dtype])


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_steps_of_sgdm_match_the_definition(dtype, rng):
    p = rng.standard_normal((3, 5)).astype(dtype)
    P, V = dl.dlarray(p, "CB"), None
    p, v = p.astype(float), 0.0
    for _ in range(4):
        g = rng.standard_normal((3, 5)).astype(dtype)
        P, V = dl.sgdmupdate(P, dl.dlarray(g, "CB"), V)
        v = 0.9 * v - 0.01 * g
        p = p + v
        assert (P.dtype, dl.dims(V)) == (dtype, "CB")
        np.testing.assert_allclose(P.extractdata(), p, atol=10 * TOLERANCES[dtype])


@both
def test_nothing_is_changed_in_place(update):
    p, g = vector(1, 2), vector(3, 4)
    states = update(p, g)[1:]
    before = [state.extractdata().copy() for state in states]
    update(p, g, *states)
    assert p.extractdata().ravel().tolist() == [1, 2]
    assert g.extractdata().ravel().tolist() == [3, 4]
    for state, values in zip(states, before, strict=True):
        np.testing.assert_array_equal(state.extractdata(), values)


@both
@pytest.mark.parametrize("fmt", ["SCB", "BTC", ""])
def test_memory_orders_of_parameter_and_gradient_may_differ(update, fmt, rng):
    p, g = rng.standard_normal((3, 5, 7)), rng.standard_normal((3, 5, 7))
    P, G = dl.dlarray(p, fmt), dl.dlarray(g, fmt)
    plain = update(P.extractdata().copy(), np.ascontiguousarray(G.extractdata()))
    for got, want in zip(update(P, np.asfortranarray(G.extractdata())), plain, strict=True):
        np.testing.assert_array_equal(got.extractdata(), want)


@both
@pytest.mark.parametrize(
    "p",
    [np.ones((3, 5)), np.ones(3, "f4"), np.float64(1), 1.0, 2],
    ids=["matrix", "vector", "NumPy number", "number", "integer"],
)
def test_plain_arrays_come_back_as_plain_arrays(update, p):
    result = update(p, np.ones(np.shape(p)))
    assert all(isinstance(part, np.ndarray) and part.shape == np.shape(p) for part in result)
    assert (result[0] < p).all()


@both
def test_the_type_is_that_of_the_parameter(update):
    P = dl.dlarray(np.ones((3, 5), "f4"), "CB")
    assert {part.dtype for part in update(P, np.ones((3, 5)))} == {np.dtype("f4")}


@both
@pytest.mark.parametrize("shape", [(0, 5), (3, 0)], ids=str)
def test_parameters_without_elements(update, shape):
    assert update(dl.dlarray(np.ones(shape), "CB"), np.ones(shape))[0].shape == shape


@both
def test_nan_stays_in_its_element(update):
    P = update(vector(1, 2, 3), vector(1, np.nan, 1))[0]
    np.testing.assert_array_equal(np.isnan(P.extractdata().ravel()), [False, True, False])


# -- containers
# ------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Pair:
    w: Any
    b: Any


@both
def test_containers_keep_their_structure(update):
    p = {"z": [vector(1), (vector(2),)], "a": Pair(vector(3), {"x": vector(4)})}
    g = {"z": [vector(1), (vector(1),)], "a": Pair(vector(1), {"x": vector(1)})}
    for part in update(p, g):
        assert list(part) == ["z", "a"]
        assert type(part["z"][1]) is tuple and isinstance(part["a"], Pair)
        assert part["a"].b["x"].shape == (1, 1)
    single = update(vector(4), vector(1))
    assert update(p, g)[0]["a"].b["x"].item() == single[0].item()


class Table:
    """A container by its own methods, as tables of parameters are."""

    def __init__(self, value):
        self.value = value

    def map_together(self, call, count, function, *others):
        given = [other and other.value for other in others]
        return tuple(map(Table, function(self.value, *given)))


@both
def test_an_object_may_know_how_to_update_itself(update):
    parts = update({"table": Table(vector(1))}, {"table": Table(vector(1))})
    expected = update(vector(1), vector(1))
    for part, want in zip(parts, expected, strict=True):
        assert part["table"].value.item() == want.item()


@both
def test_states_of_a_container_go_on(update):
    p, g = {"w": vector(1, 2)}, {"w": vector(3, 4)}
    states = update(p, g)[1:]
    alone = [state["w"] for state in states]
    together = update(p, g, *states)[0]["w"].extractdata()
    np.testing.assert_array_equal(together, update(p["w"], g["w"], *alone)[0].extractdata())


@both
@pytest.mark.parametrize(
    "empty", [{}, {"relu": {}, "fc": {"w": vector(1)}}, {"fc": {"w": vector(1)}, "relu": {}}, []]
)
def test_empty_containers(update, empty):
    parts = update(empty, empty)
    assert len(parts) == len(update(vector(1), vector(1)))
    for part in parts:
        assert type(part) is type(empty) and len(part) == len(empty)


# -- dlupdate
# ------------------------------------------------------------------------------------------------


def test_dlupdate_applies_a_function_to_matching_arrays():
    p = {"w": vector(1), "b": [vector(2)]}
    g = {"w": vector(10), "b": [vector(20)]}
    result = dl.dlupdate(lambda p, g: p - 0.1 * g, p, g)
    assert [result["w"].item(), result["b"][0].item()] == [0, 0]


def test_dlupdate_of_several_results_gives_several_containers():
    doubled, squared = dl.dlupdate(lambda p: (2 * p, p * p), {"w": vector(3)})
    assert (doubled["w"].item(), squared["w"].item()) == (6, 9)


def test_dlupdate_of_a_single_array():
    assert dl.dlupdate(dl.single, vector(3)).dtype == np.float32


def test_dlupdate_may_return_a_tuple_of_one():
    (result,) = dl.dlupdate(lambda p: (2 * p,), {"w": vector(3)})
    assert result["w"].item() == 6


@pytest.mark.parametrize("empty", [{}, [], {"relu": {}}], ids=str)
def test_dlupdate_of_an_empty_container(empty):
    assert dl.dlupdate(lambda p: p, empty) == empty
