"""A comparison of labels, sizes and values."""

import numpy as np

import dlarray as dl


def assert_holds(X, fmt, values, rtol=0.0):
    assert isinstance(X, dl.dlarray)
    assert (dl.dims(X), X.shape) == (fmt, np.shape(values))
    np.testing.assert_allclose(dl.extractdata(X), values, rtol=rtol)
