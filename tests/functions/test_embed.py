"""`embed`: columns of a table by their numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES

relaxed = settings(deadline=None)

SIZES = {"S": 2, "C": 1, "B": 5, "T": 7, "U": 3}
WORDS, OUT = 11, 13


def indices(fmt, rng):
    return rng.integers(0, WORDS, [SIZES[label] for label in fmt])


def looked_up(index, fmt, w):
    """Word by word; C where it stands or before B, T and U."""
    place = fmt.index("C") if "C" in fmt else fmt.count("S")
    index = index if "C" in fmt else np.expand_dims(index, place)
    y = np.zeros([*index.shape[:place], w.shape[0], *index.shape[place + 1 :]])
    for at in np.ndindex(*index.shape):
        y[(*at[:place], slice(None), *at[place + 1 :])] = w[:, index[at]]
    return y


LAYOUTS = [
    ("BT", "CBT"),
    ("CBT", "CBT"),
    ("CB", "CB"),
    ("SB", "SCB"),
    ("SSBT", "SSCBT"),
    ("BU", "CBU"),
    ("CU", "CU"),
    ("UU", "CUU"),
]


@pytest.mark.parametrize(("fmt", "result"), LAYOUTS, ids=[fmt for fmt, _ in LAYOUTS])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_every_layout(fmt, result, dtype, rng):
    index, w = indices(fmt, rng), rng.standard_normal((OUT, WORDS)).astype(dtype)
    Y = dl.embed(dl.dlarray(index, fmt), w)
    assert (dl.dims(Y), Y.dtype) == (result, dtype)
    np.testing.assert_array_equal(Y.data, looked_up(index, fmt, w).astype(dtype))


@pytest.mark.parametrize("fmt", ["B", "T"])
def test_a_vector_of_words(fmt, rng):
    w = rng.standard_normal((OUT, WORDS))
    Y = dl.embed(dl.dlarray([4, 0, 4], fmt), w)
    assert dl.dims(Y) == "C" + fmt
    np.testing.assert_array_equal(Y.data, w[:, [4, 0, 4]])


@pytest.mark.parametrize(
    ("form", "options"),
    [
        (lambda w: w, {}),
        (np.asfortranarray, {}),
        (dl.dlarray, {}),
        (lambda w: dl.dlarray(w, "CU"), {}),
        (lambda w: dl.dlarray(w.T, "UC"), {}),
        (lambda w: w.T, {"WeightsFormat": "UC"}),
        (lambda w: w, {"WeightsFormat": "CU"}),
        (lambda w: w.tolist(), {}),
        (lambda w: w.astype(">f8"), {}),
    ],
    ids=["rows", "columns", "dlarray", "CU", "UC", "UC option", "CU option", "list", "swapped"],
)
def test_forms_of_the_weights(form, options, rng):
    index, w = indices("BT", rng), rng.standard_normal((OUT, WORDS))
    Y = dl.embed(dl.dlarray(index, "BT"), form(w), **options)
    np.testing.assert_array_equal(Y.data, looked_up(index, "BT", w))


@pytest.mark.parametrize("kind", ["f4", "f8", "i8", "u1"])
def test_the_type_is_that_of_the_weights(kind):
    X = np.array([[0, 2]]).astype(kind)
    assert dl.embed(X, np.ones((2, 3), "f4"), DataFormat="BT").dtype == np.float32
    assert dl.embed(dl.dlarray(X, "BT"), np.ones((2, 3))).dtype == np.float64


def test_words_may_count_from_one():
    w = np.arange(6.0).reshape(2, 3)
    Y = dl.embed(dl.dlarray([[1, 3]], "CB"), w, index_base=1)
    np.testing.assert_array_equal(Y.data, w[:, [0, 2]])


@relaxed
@given(st.permutations("SBT"), st.booleans())
def test_unformatted_data_keep_their_order(order, plain):
    rng = np.random.default_rng(0)
    index, w = indices("SBT", rng), rng.standard_normal((OUT, WORDS))
    moved = index.transpose(["SBT".index(label) for label in order])
    Y = dl.embed(moved if plain else dl.dlarray(moved), w, DataFormat="".join(order))
    want = looked_up(index, "SBT", w).transpose([*("SCBT".index(label) for label in order), 1])
    assert (dl.dims(Y), Y.shape) == ("", want.shape)
    np.testing.assert_array_equal(Y.data, want)


def test_unformatted_data_with_a_channel_keep_its_place(rng):
    index, w = indices("TCB", rng), rng.standard_normal((OUT, WORDS))
    Y = dl.embed(index, w, DataFormat="TCB")
    np.testing.assert_array_equal(Y.data, w[:, index[:, 0]].transpose(1, 0, 2))


def table_gradient(index, w, weight):
    def slope(w):
        Y = dl.embed(dl.dlarray(index, "BT"), w)
        return dl.dlgradient(dl.sum(Y * dl.dlarray(weight, "CBT"), "all"), w)

    return dl.dlfeval(slope, w)


@pytest.mark.parametrize("kind", ["random", "one word", "each once", "none"])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_the_gradient_adds_up_what_a_word_gets(kind, dtype, rng):
    index = {
        "random": rng.integers(0, WORDS, (5, 7)),
        "one word": np.full((5, 7), 3),
        "each once": rng.permutation(WORDS)[None],
        "none": np.zeros((0, 7), int),
    }[kind]
    weight = rng.standard_normal((OUT, *index.shape)).astype(dtype)
    want, size = np.zeros((OUT, WORDS)), np.zeros((OUT, WORDS))
    for at in np.ndindex(*index.shape):
        want[:, index[at]] += weight[(slice(None), *at)]
        size[:, index[at]] += np.abs(weight[(slice(None), *at)])
    w = dl.dlarray(rng.standard_normal((OUT, WORDS)).astype(dtype))
    slope = table_gradient(index, w, weight)
    assert slope.dtype == dtype
    assert np.all(np.abs(slope.data - want) <= TOLERANCES[dtype] * size)


def test_the_gradient_has_the_same_bits_each_time(rng):
    index = rng.integers(0, WORDS, (50, 70))
    weight = rng.standard_normal((OUT, 50, 70)).astype("f4")
    w = dl.dlarray(rng.standard_normal((OUT, WORDS)).astype("f4"))
    first = table_gradient(index, w, weight)
    for _ in range(3):
        np.testing.assert_array_equal(table_gradient(index, w, weight).data, first.data)


def test_the_words_have_no_gradient():
    def slope(x):
        return dl.dlgradient(dl.sum(dl.embed(x, np.ones((2, 3))), "all"), x)

    assert not dl.dlfeval(slope, dl.dlarray([[0.0, 2.0]], "BT")).data.any()


@pytest.mark.parametrize("shape", [(0, 7), (5, 0)], ids=str)
def test_no_words(shape):
    assert dl.embed(dl.dlarray(np.zeros(shape), "BT"), np.ones((2, 3))).shape == (2, *shape)


# -- errors


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [
        (3, 0, "whole numbers from 0 to 2; got 3 at"),
        (-1, 0, "whole numbers from 0 to 2; got -1 at"),
        (0, 1, "whole numbers from 1 to 3; got 0 at"),
        (1.5, 0, "whole numbers from 0 to 2; got 1.5 at"),
        (np.nan, 0, "whole numbers from 0 to 2; got nan at"),
        (1e300, 0, r"whole numbers from 0 to 2; got 1e\+300 at"),
    ],
    ids=["above", "below", "base", "fraction", "NaN", "huge"],
)
def test_numbers_that_are_no_word(value, base, text):
    text = rf"embed: X must hold {text} \(0, 1, 0\)\. Words count from index_base, 0 by default"
    with pytest.raises(ValueError, match=text):
        dl.embed(dl.dlarray([[1], [value]], "BT"), np.ones((2, 3)), index_base=base)


def test_no_words_in_the_table():
    with pytest.raises(ValueError, match="embed: X must hold nothing, of 0 classes; got 0 at"):
        dl.embed(dl.dlarray([[0]], "BT"), np.ones((2, 0)))


def test_several_channels():
    text = r"embed: X holds one number a place, .* got 3\(C\) × 5\(B\)\. Numbers of several"
    with pytest.raises(dl.ShapeError, match=text):
        dl.embed(dl.dlarray(np.ones((3, 5)), "CB"), np.ones((2, 3)))


@pytest.mark.parametrize(
    ("weights", "options"),
    [
        (np.ones((2, 3, 4)), {}),
        (dl.dlarray(np.ones((2, 3)), "CB"), {}),
        (np.ones((2, 3)), {"WeightsFormat": "SC"}),
    ],
    ids=["3-D", "CB", "SC"],
)
def test_weights_of_other_dimensions(weights, options):
    text = "embed: weights have a dimension C of vectors and a dimension U of words; got "
    with pytest.raises(dl.FormatError, match=text):
        dl.embed(dl.dlarray([[0]], "BT"), weights, **options)


def test_weights_are_not_labelled_twice():
    text = 'embed: weights are "CU" already; WeightsFormat="UC" is for unformatted data'
    with pytest.raises(dl.FormatError, match=text):
        dl.embed(dl.dlarray([[0]], "BT"), dl.dlarray(np.ones((2, 3)), "CU"), WeightsFormat="UC")


def test_logical_data():
    with pytest.raises(TypeError, match="embed: logical data not supported"):
        dl.embed(dl.dlarray([[True]], "BT"), np.ones((2, 3)))
    with pytest.raises(TypeError, match="embed: weights: logical data not supported"):
        dl.embed(dl.dlarray([[0]], "BT"), np.ones((2, 3)) > 0)


def test_unformatted_data_need_labels():
    with pytest.raises(dl.FormatError, match="embed: X must be a formatted dlarray"):
        dl.embed(np.zeros((1, 2)), np.ones((2, 3)))
