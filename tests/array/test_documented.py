"""Results that MATLAB's documentation shows, with axes from 0."""

import numpy as np
import pytest

import dlarray as dl
from tests.holds import assert_holds


def test_axes_of_labels(rng):
    X = dl.dlarray(rng.standard_normal((5, 4, 3, 2)), "TSSU")
    assert dl.dims(X) == "SSTU"
    assert (dl.finddim(X, "T"), dl.finddim(X, "S"), dl.finddim(X, "B")) == ((2,), (0, 1), ())
    assert dl.size(X, dl.finddim(X, "S")) == (4, 3)


def test_the_format_before_and_after_stripdims(rng):
    X = dl.dlarray(rng.standard_normal((3, 4)), "TS")
    assert (dl.dims(X), dl.size(X)) == ("ST", (4, 3))
    assert dl.dims(dl.stripdims(X)) == ""


def test_stripdims_keeps_the_size(rng):
    X = dl.dlarray(rng.standard_normal((3, 2, 1, 2)), "SSTU")
    assert repr(X).splitlines()[0] == "  3(S) × 2(S) × 1(T) × 2(U) dlarray"
    assert repr(dl.stripdims(X)).splitlines()[0] == "  3×2×1×2 dlarray"


def test_extractdata_of_logical_data(rng):
    data = rng.random((4, 3)) > 0.5
    X = dl.dlarray(data, "SS")
    assert repr(X).splitlines()[0] == "  4(S) × 3(S) logical dlarray"
    np.testing.assert_array_equal(dl.extractdata(X), data)
    assert dl.extractdata(X).dtype == bool


def test_labels_are_put_in_order():
    assert dl.dims(dl.dlarray(np.ones((5, 3, 2)), "TCB")) == "CBT"


@pytest.mark.parametrize(
    ("a", "b", "size"),
    [
        ((3, 4, 8, 2), (4, 5, 8, 2), (3, 5, 8, 2)),
        ((15, 20, 3, 128), (20, 15), (15, 15, 3, 128)),
    ],
)
def test_sizes_of_products_of_pages(a, b, size):
    assert dl.pagemtimes(dl.dlarray(np.ones(a)), dl.dlarray(np.ones(b))).shape == size


def test_sort_along_the_channels():
    X = dl.dlarray([[4.0], [3.0], [2.0], [1.0]], "CB")
    assert_holds(dl.sort(X, dl.finddim(X, "C")[0]), "CB", [[1], [2], [3], [4]])


def test_sort_of_several_observations():
    X = dl.dlarray(np.transpose([[13.0, 12, 10, 9], [19, 10, 3, 5], [5, 4, 2, 10]]), "CB")
    expected = np.transpose([[9, 10, 12, 13], [3, 5, 10, 19], [2, 4, 5, 10]])
    assert_holds(dl.sort(X, "C"), "CB", expected)
