"""Containers of variables and of results in `dlfeval` and `dlgradient`."""

import dataclasses
import gc
import operator
import weakref
from collections import OrderedDict, defaultdict
from typing import Any, NamedTuple

import numpy as np
import pytest

import dlarray as dl
from tests.array.gradients import gradient, values, vector

# -- containers
# ------------------------------------------------------------------------------------------------


class Pair(NamedTuple):
    w: Any
    b: Any


@dataclasses.dataclass
class Parameters:
    w: Any
    b: Any
    name: Any = "layer"


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: Any
    b: Any


class Table:
    """An object with the method that makes it a container."""

    def __init__(self, w, b):
        self.w, self.b = w, b

    def map_arrays(self, function):
        return Table(function(self.w), function(self.b))


by_key = operator.itemgetter("w", "b")
by_place = operator.itemgetter(0, 1)
by_field = operator.attrgetter("w", "b")


@pytest.mark.parametrize(
    ("container", "parts"),
    [
        ({"w": vector(3), "b": vector(5)}, by_key),
        (OrderedDict(b=vector(5), w=vector(3)), by_key),
        (defaultdict(list, w=vector(3), b=vector(5)), by_key),
        ([vector(3), vector(5)], by_place),
        ((vector(3), vector(5)), by_place),
        (Pair(vector(3), vector(5)), by_field),
        (Parameters(vector(3), vector(5), vector(7)), by_field),
        (Frozen(vector(3), vector(5)), by_field),
        (Table(vector(3), vector(5)), by_field),
    ],
    ids=lambda value: type(value).__name__,
)
def test_gradients_come_in_the_container_of_the_variables(container, parts):
    def loss(p):
        w, b = parts(p)
        return dl.dlgradient(w * b, p)

    slopes = dl.dlfeval(loss, container)
    assert type(slopes) is type(container)
    assert [slope.item() for slope in parts(slopes)] == [5, 3]


def test_dictionaries_keep_the_order_of_their_keys():
    p = {key: vector(1) for key in "zxy"}
    assert list(dl.dlfeval(lambda p: dl.dlgradient(p["x"] * 2, p), p)) == ["z", "x", "y"]


def test_other_values_in_a_container_pass_through():
    def loss(p, scale, *, options):
        assert (p.name, scale, options["mode"]) == ("layer", 2, "a")
        return dl.dlgradient(dl.sum(p.w * scale * options["x"]), [p.w, options["x"]]), p

    options = {"mode": "a", "x": vector(7)}
    slopes, p = dl.dlfeval(loss, Parameters(vector(3), None), 2, options=options)
    assert [slope.item() for slope in slopes] == [14, 6]
    assert (p.name, p.b) == ("layer", None)


def test_fields_that_the_constructor_does_not_take_pass_through():
    @dataclasses.dataclass
    class Counted:
        w: Any
        calls: int = dataclasses.field(default=0, init=False)

    assert dl.dlfeval(lambda p: dl.dlgradient(p.w, p.w), Counted(vector(3))).item() == 1


def test_nested_containers():
    p = {
        "encoder": [{"w": vector(3)}, {"w": vector(5)}],
        "decoder": (vector(7), Pair(vector(11), {})),
    }

    def loss(p):
        first, second = p["encoder"]
        y = first["w"] * second["w"] * p["decoder"][0]
        return dl.dlgradient(y, p)

    slopes = dl.dlfeval(loss, p)
    assert [layer["w"].item() for layer in slopes["encoder"]] == [35, 21]
    assert slopes["decoder"][0].item() == 15
    assert isinstance(slopes["decoder"][1], Pair)
    assert slopes["decoder"][1].w.item() == 0


def test_empty_containers():
    assert dl.dlfeval(lambda x: dl.dlgradient(x, x, {}, []), vector(3))[1:] == ({}, [])


def test_containers_and_single_variables_together():
    dx, dp = dl.dlfeval(
        lambda x, p: dl.dlgradient(dl.sum(x * p["w"]), x, p), vector(3), {"w": vector(5)}
    )
    assert (dx.item(), dp["w"].item()) == (5, 3)


def test_the_arguments_are_not_changed():
    x, p = vector(3), {"w": vector(5)}

    def loss(x, p):
        p["w"] = x
        x += 1
        return dl.dlgradient(x, x)

    dl.dlfeval(loss, x, p)
    assert (x.item(), p["w"].item(), x.node) == (3, 5, None)


def test_logical_arrays_are_no_variables():
    mask = dl.dlarray([True, False])
    assert values(gradient(lambda x: x * mask, vector(3, 5))) == [1, 0]
    with pytest.raises(dl.GradientError, match="was not passed to dlfeval as a dlarray"):
        gradient(lambda x, m: x * m, vector(3, 5), mask)


# -- what dlfeval returns
# ------------------------------------------------------------------------------------------------


def test_results_are_untraced():
    def function(x):
        return {"a": [x * 2, (x, "text")], "b": Pair(x, None)}

    result = dl.dlfeval(function, vector(3))
    leaves = [result["a"][0], result["a"][1][0], result["b"].w]
    assert [leaf.node for leaf in leaves] == [None] * 3
    assert [leaf.item() for leaf in leaves] == [6, 3, 3]
    assert (result["a"][1][1], result["b"].b) == ("text", None)


def test_results_keep_their_labels():
    Y = dl.dlfeval(lambda x: dl.sum(x, "S"), dl.dlarray(np.ones((2, 3, 5)), "SCB"))
    assert (dl.dims(Y), Y.shape) == ("SCB", (1, 3, 5))


def test_a_function_may_return_nothing():
    assert dl.dlfeval(lambda: None) is None


def test_a_value_carried_out_is_a_constant():
    kept = []
    dl.dlfeval(lambda x: kept.append(x * 2), vector(3))
    with pytest.raises(dl.GradientError, match="Value to differentiate is not traced"):
        dl.dlgradient(kept[0], kept[0])
    assert gradient(lambda x: x * kept[0], vector(5)).item() == 6


def test_a_value_carried_out_holds_no_memory_but_its_own():
    kept, intermediate = [], []

    def function(x):
        y = dl.exp(x)
        intermediate.append(weakref.ref(y.data))
        kept.append(y * y)

    dl.dlfeval(function, dl.dlarray(np.ones((3, 5))))
    gc.collect()
    assert intermediate[0]() is None
