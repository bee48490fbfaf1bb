"""`adamupdate`, `rmspropupdate`, `sgdmupdate`, `dlupdate`."""

import dataclasses
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import naive


def vector(*values):
    return dl.dlarray(np.array(values, float))


def adam(p, g, m=None, v=None, t=1, **options):
    return dl.adamupdate(p, g, m, v, t, **options)


def sgdm(p, g, v=None, **options):
    return dl.sgdmupdate(p, g, v, **options)


def rmsprop(p, g, v=None, **options):
    return dl.rmspropupdate(p, g, v, **options)


both = pytest.mark.parametrize("update", [adam, sgdm, rmsprop])


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


# -- errors
# ------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("p", "g", "text"),
    [
        (
            {"w": vector(1), "b": vector(1)},
            {"w": vector(1)},
            r"the containers differ at the top: the parameters have keys \['w', 'b'\], the other "
            r"has keys \['w'\]",
        ),
        (
            {"conv": {"w": vector(1)}},
            {"conv": {"v": vector(1)}},
            r"the containers differ at \['conv'\]: .* keys \['w'\], the other has keys \['v'\]",
        ),
        (
            {"conv": [vector(1), {"w": vector(1)}]},
            {"conv": [vector(1), vector(1)]},
            r"the containers differ at \['conv'\]\[1\]: .* the other has no container",
        ),
        (
            {"conv": {"w": vector(1)}},
            {"conv": {"w": {"x": vector(1)}}},
            r".*\['conv'\]\['w'\]",
        ),
        ([vector(1)], [vector(1), vector(2)], r"the containers differ at the top: .* keys \[0\]"),
    ],
    ids=["missing", "other key", "array for a container", "container for an array", "list"],
)
def test_containers_that_differ_are_an_error_naming_the_key(update, p, g, text):
    with pytest.raises(ValueError, match=f"{update.__name__}update: {text}"):
        update(p, g)


def test_dlupdate_names_the_key():
    with pytest.raises(ValueError, match=r"dlupdate: the containers differ at \['conv'\]"):
        dl.dlupdate(lambda p, g: p, {"conv": {"w": vector(1)}}, {"conv": {"b": vector(1)}})


@both
@pytest.mark.parametrize("which", ["gradient", "state"])
def test_another_size_is_an_error(update, which):
    p, g, state = dl.dlarray(np.ones((3, 5)), "CB"), dl.dlarray(np.ones((3, 5)), "CB"), None
    if which == "gradient":
        g = dl.dlarray(np.ones((3, 1)), "CB")
    else:
        state = dl.dlarray(np.ones((3, 1)), "CB")
    text = (
        rf"{update.__name__}update: a gradient or state has another size than its parameter\.\n"
        r"  parameter: 3\(C\) × 5\(B\)\n  other:     3\(C\) × 1\(B\)"
    )
    with pytest.raises(dl.ShapeError, match=text):
        update(p, g, state)


@both
@pytest.mark.parametrize(
    ("p", "text"),
    [
        (dl.dlarray([True]), r"parameters must be single or double; got 1×1 \(unformatted\) bool"),
        ("a", "data of type <U1 are not possible"),
        (None, "the data are Python objects"),
    ],
    ids=["logical", "text", "None"],
)
def test_other_parameters_are_errors(update, p, text):
    with pytest.raises(TypeError, match=f"{update.__name__}update: {text}"):
        update(p, p)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"t": 0}, "iteration must be a positive integer; got 0"),
        ({"t": 1.5}, "iteration must be a positive integer; got 1.5"),
        ({"gradDecay": -0.1}, "gradDecay must be a number, at least 0 and .*; got -0.1"),
        ({"gradDecay": 1}, "gradDecay must be .* 1; got 1"),
        ({"sqGradDecay": 1.5}, "sqGradDecay must be a number, at least 0 and .*; got 1.5"),
        ({"learnRate": "fast"}, "learnRate must be a number.*; got 'fast'"),
        ({"epsilon": "small"}, "epsilon must be a number.*; got 'small'"),
    ],
    ids=[
        "iteration 0",
        "broken iteration",
        "negative decay",
        "decay 1",
        "decay above 1",
        "rate",
        "epsilon",
    ],
)
def test_wrong_options_of_adam(options, text):
    with pytest.raises(ValueError, match=f"adamupdate: {text}"):
        adam(vector(1), vector(1), **options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"momentum": -1}, "momentum must be a number, at least 0 and at most 1; got -1"),
        ({"momentum": 2}, "momentum must be a number, at least 0 and at most 1; got 2"),
        ({"learnRate": "fast"}, "learnRate must be a number.*; got 'fast'"),
    ],
    ids=["negative", "above 1", "rate"],
)
def test_wrong_options_of_sgdm(options, text):
    with pytest.raises(ValueError, match=f"sgdmupdate: {text}"):
        sgdm(vector(1), vector(1), **options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"sqGradDecay": 1}, "sqGradDecay must be .* below 1; got 1"),
        ({"learnRate": "fast"}, "learnRate must be a number.*; got 'fast'"),
        ({"epsilon": None}, "epsilon must be a number.*; got None"),
    ],
    ids=["decay", "rate", "epsilon"],
)
def test_wrong_options_of_rmsprop(options, text):
    with pytest.raises(ValueError, match=f"rmspropupdate: {text}"):
        rmsprop(vector(1), vector(1), **options)


def test_dlupdate_needs_a_function():
    with pytest.raises(TypeError, match="dlupdate: the first argument must be a function; got"):
        dl.dlupdate({"w": vector(1)}, {"w": vector(1)})  # type: ignore[arg-type]


@both
def test_a_complex_gradient_is_an_error(update):
    text = rf"{update.__name__}update: a gradient or state is complex, 1×1 \(unformatted\), and its"
    with pytest.raises(TypeError, match=text):
        update(vector(1), dl.dlarray([1j]))
