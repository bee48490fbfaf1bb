"""Errors of `adamupdate`, `rmspropupdate`, `sgdmupdate`, `dlupdate`."""

import numpy as np
import pytest

import dlarray as dl
from tests.array.gradients import vector
from tests.functions.updates import adam, both, rmsprop, sgdm


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


COMPLEX = dl.dlarray(np.array([1 + 2j, 3], "c8"))


@both
@pytest.mark.parametrize("where", range(2))
@pytest.mark.parametrize("kind", [COMPLEX, COMPLEX.data])
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside dlfeval"])
def test_complex_gradients_and_states_are_errors(update, where, kind, inside):
    p = vector(1, 2)
    others = [vector(1, 2), vector(1, 2)]
    others[where] = kind
    text = rf"{update.__name__}update: the gradients and states of a real parameter are real; got "
    with pytest.raises(TypeError, match=text + r"2×1 \(unformatted\) complex64\. Differentiate"):
        dl.dlfeval(update, p, *others) if inside else update(p, *others)


@both
def test_complex_parameters_are_told_what_to_do(update):
    text = r"must be single or double; got 2×1 .* complex64\. A complex parameter is two real ones"
    with pytest.raises(TypeError, match=f"{update.__name__}update: parameters {text}"):
        update(COMPLEX, COMPLEX)
