"""Convolutions of one to three dimensions, and what they must give."""

import numpy as np

from dlarray.kernels import (
    EXCLUDE_EDGE,
    INCLUDE_EDGE,
    REPLICATE,
    conv_forward,
    conv_grad_w,
    conv_grad_x,
)
from dlarray.testing import TOLERANCES
from tests import naive

MIRRORS = {
    INCLUDE_EDGE: "symmetric-include-edge",
    EXCLUDE_EDGE: "symmetric-exclude-edge",
    REPLICATE: "replicate",
}


def options(moves, groups=1):
    """Movements in the terms of the references."""
    return {
        "stride": [move.stride for move in moves],
        "dilation": [move.dilation for move in moves],
        "ends": [(move.left, move.right) for move in moves],
        "value": MIRRORS.get(moves[0].mode, moves[0].value),
        "groups": groups,
    }


def magnitudes(moves):
    return tuple(move._replace(value=abs(move.value)) for move in moves)


def draw(rng, moves, dtype, n_batch, lengths, chans, taps, n_filt, groups=1):
    """x, w, bias and dy of a convolution."""
    sizes = zip(moves, lengths, taps, strict=True)
    out = [max(0, move.out_length(length, k)) for move, length, k in sizes]
    shapes = (
        (n_batch, *lengths, chans),
        (*taps, chans // groups, n_filt),
        (n_filt,),
        (n_batch, *out, n_filt),
    )
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def all_three(moves, groups, x, w, bias, dy):
    """The result, the input gradient and the weight gradient."""
    return (
        conv_forward(x, w, bias, moves),
        conv_grad_x(dy, w, x.shape[1:-1], moves, groups),
        conv_grad_w(x, dy, w.shape[:-2], moves, groups),
    )


def references(moves, groups, x, w, bias, dy):
    """What `all_three` gives, in double precision."""
    terms = options(moves, groups)
    return (
        naive.conv(x, w, bias, **terms),
        naive.conv_grad_x(dy, w, x.shape[1:-1], **terms),
        naive.conv_grad_w(x, dy, w.shape[:-2], **terms),
    )


def assert_within(dtype, got, want, scale):
    assert got.dtype == dtype
    assert got.shape == want.shape
    assert np.all(np.abs(got - want) <= TOLERANCES[dtype] * scale)


def check(rng, moves, dtype, n_batch, lengths, chans, taps, n_filt, groups=1):
    """Forward and both gradients against the references, relative to the sum of |x| |w|."""
    arrays = draw(rng, moves, dtype, n_batch, lengths, chans, taps, n_filt, groups)
    got, want = all_three(moves, groups, *arrays), references(moves, groups, *arrays)
    scales = references(magnitudes(moves), groups, *map(np.abs, arrays))
    for part in zip(got, want, scales, strict=True):
        assert_within(dtype, *part)
