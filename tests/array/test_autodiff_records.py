"""Lists of records with Layer, Parameter and Value, and shared parameters, in `dlgradient`."""

import dataclasses
import types
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest

import dlarray as dl
from tests.array.gradients import vector


class Row(NamedTuple):
    Layer: str
    Parameter: str
    Value: Any


@dataclasses.dataclass(frozen=True)
class Record:
    Layer: str
    Parameter: str
    Value: Any
    Note: str = "kept"


KINDS = [
    lambda *row: dict(zip(("Layer", "Parameter", "Value"), row, strict=True)),
    lambda *row: OrderedDict(zip(("Layer", "Parameter", "Value", "Note"), (*row, 7), strict=True)),
    Row,
    Record,
]
kinds = pytest.mark.parametrize("kind", KINDS, ids=["dict", "ordered", "named tuple", "dataclass"])


def value(row):
    return row["Value"] if isinstance(row, dict) else row.Value


@kinds
def test_the_value_of_each_record_is_replaced(kind):
    rows = [kind("fc", "Weights", vector(3)), kind("fc", "Bias", {"deep": vector(5)})]

    def loss(rows):
        return dl.dlgradient(value(rows[0]) * value(rows[1])["deep"], rows)

    slopes = dl.dlfeval(loss, rows)
    assert [type(row) for row in slopes] == [type(row) for row in rows]
    assert (value(slopes[0]).item(), value(slopes[1])["deep"].item()) == (5, 3)
    for got, given in zip(slopes, rows, strict=True):
        if isinstance(given, dict):
            assert {**got, "Value": 0} == {**given, "Value": 0}
        else:
            assert (got.Layer, got.Parameter) == (given.Layer, given.Parameter)


@kinds
def test_records_are_updated(kind):
    rows = [kind("fc", "Weights", vector(3))]
    slopes = [kind("fc", "Weights", vector(1))]
    new, velocity = dl.sgdmupdate(rows, slopes, None, 0.5)
    assert (value(new[0]).item(), value(velocity[0]).item()) == (2.5, -0.5)
    again = dl.sgdmupdate(new, slopes, velocity, 0.5)[0]
    assert abs(value(again[0]).item() - 1.55) < 1e-12


def test_records_of_different_rows_are_an_error():
    rows = [Row("fc", "Weights", vector(3))]
    text = (
        r"sgdmupdate: the containers differ at \[0\]: the parameters have the record fc/Weights, "
        "the other has the record fc/Bias"
    )
    with pytest.raises(ValueError, match=text):
        dl.sgdmupdate(rows, [Row("fc", "Bias", vector(3))], None)
    with pytest.raises(ValueError, match="the other has no container"):
        dl.sgdmupdate(rows, [vector(3)], None)


def test_a_record_without_texts_is_a_plain_container():
    p = {"Layer": vector(3), "Parameter": vector(5), "Value": vector(7)}
    slopes = dl.dlfeval(lambda p: dl.dlgradient(p["Layer"] * p["Parameter"] * p["Value"], p), p)
    assert [slopes[key].item() for key in p] == [35, 21, 15]


def test_a_mapping_that_is_no_dict_is_rebuilt():
    p = types.MappingProxyType({"Layer": "fc", "Parameter": "Bias", "Value": vector(3)})
    slope = dl.dlfeval(lambda p: dl.dlgradient(p["Value"] ** 2, p), p)
    assert (slope["Layer"], slope["Value"].item()) == ("fc", 6)


def test_an_untraced_value_is_named_by_its_place():
    rows = [{"Layer": "fc", "Parameter": "Bias", "Value": vector(3)}]
    text = r"variable 1\[0\]\['Value'\], of size 1×1, is not traced"
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(x, rows), vector(1))


# -- shared parameters


def test_weights_of_two_convolutions_sum_their_gradients(rng):
    x = dl.dlarray(rng.standard_normal((3, 2, 17)), "CBT")
    w = dl.dlarray(rng.standard_normal((5, 3, 3)))

    def twice(first, second, x):
        for w in (first, second):
            x = dl.dlconv(x, w, 0, Padding="same", WeightsFormat="TCU")
        return dl.sum(x**2, "all")

    def shared(p, x):
        return dl.dlgradient(twice(p["w"], p["w"], x), p)

    def apart(first, second, x):
        return dl.dlgradient(twice(first, second, x), first, second)

    together = dl.dlfeval(shared, {"w": w}, x)["w"].extractdata()
    first, second = dl.dlfeval(apart, w, w, x)
    expected = first.extractdata() + second.extractdata()
    np.testing.assert_allclose(together, expected, rtol=1e-12, atol=1e-12)


def test_parameters_used_by_two_models_sum_their_gradients():
    p = {"encoder": {"w": vector(3)}, "scale": vector(2)}

    def model(p, x):
        return p["encoder"]["w"] * x * p["scale"]

    def loss(p, a, b):
        return dl.dlgradient(model(p, a) + model(p, b), p)

    slopes = dl.dlfeval(loss, p, vector(5), vector(7))
    assert (slopes["encoder"]["w"].item(), slopes["scale"].item()) == (24, 36)


def test_one_array_at_two_places_of_a_container_is_two_variables():
    w = vector(3)
    slopes = dl.dlfeval(lambda p: dl.dlgradient(p[0] ** 2 * p[1], p), [w, w])
    assert [slope.item() for slope in slopes] == [18, 9]
    new = dl.sgdmupdate([w, w], slopes, None, 1)[0]
    assert [value.item() for value in new] == [-15, -6]
