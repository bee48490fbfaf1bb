"""Comparisons of labels, sizes and values."""

import numpy as np

import dlarray as dl


def assert_holds(X, fmt, values, rtol=0.0, atol=0.0):
    assert isinstance(X, dl.dlarray)
    assert (dl.dims(X), X.shape) == (fmt, np.shape(values))
    np.testing.assert_allclose(dl.extractdata(X), values, rtol=rtol, atol=atol)


def assert_near(X, fmt, values, atol=1e-12):
    """`assert_holds` of numbers near 1."""
    assert_holds(X, fmt, values, atol=atol)
