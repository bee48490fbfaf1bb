"""`numpy.where`: elements of two arrays by a condition, matched by label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.holds import assert_holds

DATA = np.random.default_rng(0).uniform(0.5, 2, (3, 5, 7))


def labelled(dtype="f8"):
    return dl.dlarray(DATA.astype(dtype), "CBT")


def test_where_matches_three_operands_by_label():
    mask, x, y = DATA[:, :, 0] > 1, DATA[:, 0], DATA[0]
    got = np.where(dl.dlarray(mask, "CB"), dl.dlarray(x, "CT"), dl.dlarray(y, "BT"))
    assert_holds(got, "CBT", np.where(mask[:, :, None], x[:, None], y[None]))


def test_where_takes_plain_arrays_and_hides_what_was_not_chosen():
    X = labelled("f4")
    with np.errstate(all="ignore"):
        got = np.where(DATA > 1, X, np.nan)
    assert got.dtype == np.float32
    assert_holds(got, "CBT", np.where(DATA > 1, DATA.astype("f4"), np.nan))
    assert_holds(np.where(X > 1, 1, 0), "CBT", np.where(DATA.astype("f4") > 1, 1, 0))


def test_where_keeps_the_sign_of_zero():
    zeros, mask = np.array([-0.0, 0.0, -0.0, 0.0]), [True, True, False, False]
    got: Any = np.where(dl.dlarray(mask), dl.dlarray(zeros), dl.dlarray(-zeros))
    np.testing.assert_array_equal(np.signbit(got.data.ravel()), [True, False, False, True])


@pytest.mark.parametrize(
    "fmts", [("", "CB", "CBT"), ("CBT", "", "CB"), ("CBTU", "C", "B"), ("C", "BTU", "B")]
)
def test_where_matches_what_has_no_labels_by_position(fmts):
    sizes = {"C": 3, "B": 5, "T": 7, "U": 2}
    rng = np.random.default_rng(0)
    operands = []
    for fmt in fmts:
        shape = [sizes[label] for label in fmt or "CB"]
        operands.append(dl.dlarray(rng.standard_normal(shape).round(), fmt))
    condition, x, y = operands
    got = np.where(condition, x, y)
    want = (condition != 0) * x + (condition == 0) * y
    assert_holds(got, want.fmt, want.extractdata())


def test_where_of_operands_that_do_not_fit():
    with pytest.raises(dl.ShapeError, match="where: sizes differ and neither is 1"):
        np.where(dl.dlarray([True, False], "C"), dl.dlarray([1.0, 2.0, 3.0], "C"), 0.0)


def test_both_branches_of_where_have_gradients_of_any_order():
    def curvature(X, Y, low):
        Z = np.where(X > 1, X**3, np.where(Y > 1, Y**2, low))
        return dl.dlgradient(sum(np.sum(g) for g in slopes(Z, X, Y, low)), (X, Y, low))

    def slopes(Z, *variables):
        return dl.dlgradient(np.sum(Z), variables, EnableHigherDerivatives=True)

    Y = dl.dlarray(2 - DATA, "CBT")
    found = dl.dlfeval(curvature, labelled(), Y, dl.dlarray(0.5))
    other = (DATA <= 1) & (2 - DATA > 1)
    assert_holds(found[0], "CBT", np.where(DATA > 1, 6 * DATA, 0), rtol=1e-12)
    assert_holds(found[1], "CBT", np.where(other, 2.0, 0))
    assert found[2].item() == 0


def test_where_of_a_condition_alone():
    with pytest.raises(TypeError, match=r"numpy.where: of a condition alone come indices"):
        np.where(labelled() > 1)
