"""Calls that do not fit: every public function and constructor says what would."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import dlarray as dl
from dlarray import _calls
from tests.test_wrong_arguments import functions

MIXINS = (dl.Formattable, dl.Acceleratable)
MADE_BY_FUNCTIONS = (
    dl.AcceleratedFunction,
    dl.LayerArray,
    dl.TrainingInfo,
    dl.training.options.TrainingOptions,
)
BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def constructors():
    """Public classes that users call, by name."""
    for name in dl.__dir__():
        value = getattr(dl, name)
        if not inspect.isclass(value) or not value.__module__.startswith("dlarray."):
            continue
        if value in MIXINS or issubclass(value, (Exception, *MADE_BY_FUNCTIONS)):
            continue
        yield pytest.param(name, value, id=name)


def parameters(value):
    return list(inspect.signature(value).parameters.values())


def places(value):
    return [p for p in parameters(value) if p.kind in BY_PLACE]


def needed(value):
    return [p.name for p in places(value) if p.default is p.empty]


def callables(wanted):
    """Those of which this is true, for a test."""
    found = [p for p in (*functions(), *constructors()) if wanted(p.values[1])]
    return pytest.mark.parametrize(("name", "value"), found)


def without(kind):
    return lambda value: all(p.kind is not kind for p in parameters(value))


def message(name, value, *arguments, **options):
    """The text of the error, which begins with the name that users call."""
    with pytest.raises(TypeError) as caught:
        value(*arguments, **options)
    text = str(caught.value)
    layer = inspect.isclass(value) and issubclass(value, dl.Layer)
    assert text.startswith(value.constructor_name() if layer else name), text
    return text


@callables(without(inspect.Parameter.VAR_POSITIONAL))  # in which any number has a place
def test_too_many_arguments_are_answered_with_the_options(name, value):
    text = message(name, value, *(1,) * (len(places(value)) + 1))
    for parameter in parameters(value):
        assert parameter.kind is not parameter.KEYWORD_ONLY or parameter.name in text, text


@callables(without(inspect.Parameter.VAR_KEYWORD))  # in which any name may be one of another's
def test_an_unknown_name_is_answered_with_the_closest_one(name, value):
    optional = [p.name for p in parameters(value) if p.default is not p.empty]
    closest = max(optional, key=len, default="")
    wrong = f"{closest}x" if closest else "Nothing"
    text = message(name, value, *(1 for _ in needed(value)), **{wrong: 1})
    assert wrong in text
    if closest:
        assert f"there is no option {wrong}. Did you mean {closest}? Options are " in text


@callables(needed)
def test_a_missing_argument_is_named(name, value):
    text = message(name, value)
    assert all(each in text for each in needed(value)), text


@_calls.explained
def sample(X, size=1, *, Stride=1, Padding=0):
    if size < 0:
        X.nothing(size)
    return X, size, Stride, Padding


ANY: Any = sample  # calls that type checkers refuse


def test_a_call_that_fits_is_passed_on():
    assert ANY(3, 4, Padding=5) == (3, 4, 1, 5)
    assert ANY(X=3) == (3, 1, 1, 0)
    assert inspect.signature(sample) == inspect.signature(inspect.unwrap(sample))


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((), {}, "X must be given; the call has 0 arguments."),
        ((), {"Stride": 1}, "X must be given; the call has 0 arguments and Stride."),
        ((1,), {"X": 2}, "X is given by its place and by its name. Leave one of them out."),
        ((1, 2, 3), {}, "takes 2 arguments by place (X, size); got 3. Options are "
         "given by name: Stride, Padding."),
        ((1, 2, "stride", 2), {}, "takes 2 arguments by place (X, size); got 4. "
         'Write Stride=value for "stride", value.'),
        ((1,), {"Strid": 2}, "there is no option Strid. Did you mean Stride? Options are size, "
         "Stride, Padding."),
        ((1,), {"siz": 2}, "there is no option siz. Did you mean size? Options are size, Stride, "
         "Padding."),
    ],
)  # fmt: skip
def test_texts(arguments, options, text):
    with pytest.raises(TypeError) as caught:
        ANY(*arguments, **options)
    assert str(caught.value) == f"sample: {text}"
    assert caught.value.__suppress_context__


def test_names_in_matlabs_form_are_answered_with_those_of_python():
    options: Any = dl.trainingOptions
    with pytest.raises(TypeError, match=r"no option MaxEpoch\. Did you mean MaxEpochs\?"):
        options("adam", MaxEpoch=20)
    with pytest.raises(TypeError, match='Write MaxEpochs=value for "MaxEpochs", value'):
        options("adam", "MaxEpochs", 20)


def test_a_type_error_from_within_stays_as_it_is():
    class Given:
        def nothing(self):
            pass

    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        ANY(Given(), -1)


def test_a_layer_class_of_a_user_is_named_as_it_is_called():
    class ScaleLayer(dl.Layer, registered=False):
        def __init__(self, factor, *, Name=""):
            super().__init__(Name=Name)

    class wrongLayer(dl.Layer, registered=False):
        def __init__(self):
            options: dict[str, Any] = {"Nam": "a"}
            super().__init__(**options)

    class passingLayer(dl.Layer, registered=False):
        def __init__(self, **options: Any):
            super().__init__(**options)

    class ByPlaceLayer(dl.Layer, registered=False):
        def __init__(self):
            super().__init__(*["a"])

    make: Any = ScaleLayer
    with pytest.raises(TypeError, match=r"^ScaleLayer: factor must be given"):
        make()
    with pytest.raises(TypeError, match=r"^ScaleLayer: takes 1 argument by .*factor\); got 2"):
        make(1, 2)
    own = r"its call of Layer\.__init__"
    with pytest.raises(TypeError, match=rf"^wrongLayer: {own}: there is no option Nam\. Did"):
        wrongLayer()
    with pytest.raises(TypeError, match=rf"^ByPlaceLayer: {own}: takes no argument by place"):
        ByPlaceLayer()
    with pytest.raises(TypeError, match=r"^passingLayer: there is no option Nam\. Did"):
        passingLayer(Nam="a")


def test_known_options_are_accepted():
    _calls.unknown("f", ["Stride", "Padding"], ["Padding", "Stride", "Name"])
    _calls.unknown("f", [], ["Padding"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [("Strid", " Did you mean Stride?"), ("stride", " Did you mean Stride?"), ("Xyz", "")],
    ids=["close", "other case", "far"],
)
def test_an_unknown_option_is_named_with_the_closest_one(name, hint):
    with pytest.raises(TypeError) as error:
        _calls.unknown("f", ["Padding", name], ["Padding", "Stride"])
    assert str(error.value) == f"f: there is no option {name}.{hint} Options are Padding, Stride."


@pytest.mark.parametrize(
    ("name", "closest"),
    [("STRIDES", "Stride"), ("biasl2", "BiasL2Factor"), ("DilationFactor", ""), ("kx", "k")],
)
def test_the_closest_name_in_any_case_is_like_enough(name, closest):
    known = ["Stride", "BiasL2Factor", "BiasLearnRateFactor", "X", "k"]
    assert _calls.closest(name, known) == closest
    assert _calls.closest(name, []) == ""


@pytest.mark.parametrize(
    ("make", "name", "hint"),
    [
        (dl.transposedConv1dLayer, "Padding", r" Did you mean Cropping\?"),
        (dl.transposedConv1dLayer, "DilationFactor", ""),
        (dl.convolution1dLayer, "Cropping", r" Did you mean Padding\?"),
        (dl.convolution1dLayer, "padding", r" Did you mean Padding\?"),
    ],
)
def test_an_option_of_another_layer_is_answered_with_that_of_the_same_meaning(make, name, hint):
    with pytest.raises(TypeError, match=rf"there is no option {name}\.{hint} Options are Stride"):
        make(3, 4, **{name: 2})
