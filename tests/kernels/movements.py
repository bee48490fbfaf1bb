"""How filters move in the tests of the kernels for special cases, and what must come out."""

import numpy as np
import pytest
from hypothesis import strategies as st

from dlarray.kernels import EXCLUDE_EDGE, INCLUDE_EDGE, REPLICATE, SCALAR, Geometry
from dlarray.testing import TOLERANCES
from tests import naive
from tests.kernels.convolutions import MIRRORS

PADDINGS = {
    "zero": (SCALAR, 0.0),
    "constant": (SCALAR, -1.5),
    "include-edge": (INCLUDE_EDGE, 0.0),
    "exclude-edge": (EXCLUDE_EDGE, 0.0),
    "replicate": (REPLICATE, 0.0),
}
FAULTY = [
    Geometry(),
    Geometry(3, 2, 2, 1),
    Geometry(4, 1, 1, 1),
    Geometry(1, 1, 3, 3, INCLUDE_EDGE),
    Geometry(2, 2, 3, 3, EXCLUDE_EDGE),
    Geometry(1, 3, 4, 4, REPLICATE),
]


both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
all_paddings = pytest.mark.parametrize("padding", PADDINGS.values(), ids=PADDINGS)


def draw(rng, geometry, dtype, n_batch, length, chans, k_size, n_filt):
    """x, w, bias and dy of a convolution."""
    n_out = max(0, geometry.out_length(length, k_size))
    shapes = (n_batch, length, chans), (k_size, chans, n_filt), (n_filt,), (n_batch, n_out, n_filt)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def options(geometry):
    """A movement in the terms of the references."""
    stride, dilation, left, right, mode, value = geometry
    value = MIRRORS.get(mode, value)
    return {"stride": stride, "dilation": dilation, "left": left, "right": right, "value": value}


def references(geometry, x, w, bias, dy):
    """The result, the input gradient and the weight gradient, in double precision."""
    terms = options(geometry)
    return (
        naive.conv1d(x, w, bias, **terms),
        naive.conv1d_grad_x(dy, w, length=x.shape[1], **terms),
        naive.conv1d_grad_w(x, dy, k_size=w.shape[0], **terms),
    )


def scales(geometry, *arrays):
    """The sums of magnitudes that make each number of `references`."""
    return references(geometry._replace(value=abs(geometry.value)), *map(np.abs, arrays))


def length_for(n_out, k_size, geometry):
    """The shortest input with so many outputs."""
    window = (k_size - 1) * geometry.dilation + 1
    return (n_out - 1) * geometry.stride + window - geometry.left - geometry.right


def assert_only(got, clean, touched):
    """Not finite at exactly the places ``touched``, and the same bits as before elsewhere."""
    np.testing.assert_array_equal(~np.isfinite(got), touched)
    np.testing.assert_array_equal(got[~touched], clean[~touched])


def spoiled(array, place, bad):
    """The array with a bad number, and a mark where it is."""
    array, mark = array.copy(), np.zeros(array.shape)
    array[place], mark[place] = bad, 1.0
    return array, mark


@st.composite
def movements(draw_from):
    """(length, taps, geometry) of any kind that fits."""
    mode, value = draw_from(st.sampled_from(list(PADDINGS.values())))
    length = draw_from(st.integers(1, 300))
    most = {INCLUDE_EDGE: length, EXCLUDE_EDGE: length - 1}.get(mode, 40)
    sides = [draw_from(st.integers(0, min(most, 40))) for _ in range(2)]
    stride = draw_from(st.integers(1, 9))
    k_size = draw_from(st.integers(1, min(20, length + sum(sides))))
    widest = (length + sum(sides) - 1) // (k_size - 1) if k_size > 1 else 9
    dilation = draw_from(st.integers(1, min(9, widest)))
    return length, k_size, Geometry(stride, dilation, sides[0], sides[1], mode, value)
