"""Convolution over one to three dimensions, with groups: forward and input gradient.

Arrays are C-contiguous in channels-last order: x (B, L..., C), w (K..., C/G, F), y (B, T..., F).
Filters lie group by group: those of group g see the channels of group g.  With ``xp`` the padded
input, and one convolved dimension::

    y[b, t, f]  = bias[f] + sum_{k,c} xp[b, t*stride + k*dilation - left, c] * w[k, c, f]
    dw[k, c, f] = sum_{b,t} xp[b, t*stride + k*dilation - left, c] * dy[b, t, f]
    dx          = the forward of dy with the filter flipped and transposed, a phase per residue of
    the stride

One correlation macro-kernel serves forward and input gradient (`_correlate`), another the weight
gradient (`_weight_gradient`); where their inputs lie is found in one way (`_sources`).  Stride and
dilation are strides in memory; only tiles that touch a border, or lie across sequences too short
for them, copy their inputs.  In one dimension, with stride 1 and in float32, both have a twin that
takes fewer multiplications (`_winograd`), for the sizes where that pays.

``moves`` has one `Geometry` a convolved dimension, of one padding mode and value.  A matrix product
(N, C) x (C, F) is the convolution of one batch with one tap.  Channel-wise convolutions over one
dimension, and those with few filters, have kernels of their own, chosen by `_choice`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import product
from math import prod

import numpy as np

from ._buffers import Array, empty, maker
from ._choice import (
    fewer_products,
    gain_of_grad_w,
    special_forward,
    special_grad_w,
    special_grad_x,
)
from ._correlate import Correlation, Target, correlate, correlation
from ._jit import canonical, workers
from ._one_sequence import fold_padding, phases
from ._sources import Movement, filters_in_a_line, in_a_line, in_three, steps_in_three
from ._weight_gradient import weight_gradient, weight_gradient_plan
from ._window import SCALAR, Geometry
from ._winograd_correlate import winograd_correlation
from ._winograd_gradient import winograd_gradient, winograd_gradient_plan
from .reduce import sum_rows

Moves = tuple[Geometry, ...]
Sizes = tuple[int, ...]
Forward = Callable[[Array, Array, Array | None], Array]
GradX = Callable[[Array, Array, Array | None], Array]
GradW = Callable[[Array, Array], Array]

_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}
_FLOATS = {4: np.dtype(np.float32), 8: np.dtype(np.float64)}


def conv_forward(x: Array, w: Array, bias: Array | None, moves: Moves, relu: bool = False) -> Array:
    """y (B, T..., F) of x (B, L..., C), w (K..., C/G, F) and bias (F,) or None; max(y, 0) with
    ``relu``, NaN where y is.
    """
    call = conv_forward_call(x.shape, w.shape, moves, relu, x.itemsize)
    return call(canonical(x), canonical(w), None if bias is None else canonical(bias))


@lru_cache(maxsize=1024)
def conv_forward_call(x: Sizes, w: Sizes, moves: Moves, relu: bool, itemsize: int) -> Forward:
    """`conv_forward` of arrays of these sizes, `canonical` ones, with all that sizes decide
    decided.
    """
    special = special_forward(x[-1], w, moves, itemsize)
    if special is not None:
        return lambda x, w, bias: special(x, w, bias, moves[0], relu)
    lengths, taps = x[1:-1], w[:-2]
    out = _out_lengths(lengths, taps, moves)
    move = Movement(
        x[0], x[-1], in_three(lengths), in_three(taps), in_three(out), steps_in_three(moves),
        itemsize,
    )  # fmt: skip
    groups = _groups(x[-1], w[-2])
    target = _dense((x[0], *out, w[-1]))
    plan = _plan(move, groups, w[-1] // groups, range(prod(taps)), target, False, relu)
    make, no_bias = maker(plan.shape, _FLOATS[itemsize]), _NO_BIAS[_FLOATS[itemsize]]
    if prod(plan.shape) == 0:
        return lambda x, w, bias: make()

    def call(x: Array, w: Array, bias: Array | None) -> Array:
        y = make()
        start = no_bias if bias is None else bias
        correlate(plan, in_a_line(x), filters_in_a_line(w), start, in_a_line(y))
        return y

    return call


def _plan(
    move: Movement,
    groups: int,
    cols: int,
    w_taps: Sequence[int],
    target: Target,
    reverse: bool,
    relu: bool,
) -> Correlation:
    """The plan of the kernel that is faster for these sizes."""
    whole = target == _dense(target.shape)
    if whole and fewer_products(move, groups, cols):
        return winograd_correlation(move, groups, cols, w_taps, target.shape, reverse, relu)
    return correlation(move, groups, cols, w_taps, target, reverse, relu)


def _groups(chans: int, of_group: int) -> int:
    return chans // of_group if of_group else 1


def _out_lengths(lengths: Sizes, taps: Sizes, moves: Moves) -> Sizes:
    sizes = zip(lengths, taps, moves, strict=True)
    return tuple(max(0, move.out_length(length, k)) for length, k, move in sizes)


def _dense(shape: Sizes) -> Target:
    """All elements of an array of this shape."""
    out = in_three(shape[1:-1])
    steps = (out[1] * out[2] * shape[-1], out[2] * shape[-1], shape[-1])
    return Target(shape, 0, out[0] * steps[0], steps)


def conv_grad_x(
    dy: Array, w: Array, sizes: Sizes, moves: Moves, groups: int = 1, bias: Array | None = None
) -> Array:
    """dx (B, sizes..., C) of dy (B, T..., F) and w (K..., C/G, F); plus a bias (C,), for padding
    with a number only.
    """
    call = conv_grad_x_call(dy.shape, w.shape, sizes, moves, groups, bias is not None, dy.itemsize)
    return call(canonical(dy), canonical(w), None if bias is None else canonical(bias))


@lru_cache(maxsize=1024)
def conv_grad_x_call(
    dy: Sizes, w: Sizes, sizes: Sizes, moves: Moves, groups: int, bias: bool, itemsize: int
) -> GradX:
    """`conv_grad_x` of arrays of these sizes, `canonical` ones, with or without bias."""
    if any(move.mode != SCALAR and move.left + move.right > 0 for move in moves):
        return lambda dy, w, bias: _folded_grad_x(dy, w, sizes, moves, groups)
    chans = w[-2] * groups
    special = None if bias else special_grad_x(chans, w, moves, itemsize)
    if special is not None:
        return lambda dy, w, bias: special(dy, w, sizes[0], moves[0])
    make, no_bias = maker((dy[0], *sizes, chans), _FLOATS[itemsize]), _NO_BIAS[_FLOATS[itemsize]]
    if dy[0] * prod(sizes) * chans == 0:
        return lambda dy, w, bias: make()
    plans, everywhere = _grad_x_plans(dy, w, sizes, moves, groups, itemsize)
    if prod(dy) == 0:
        plans, everywhere = [], False

    def call(dy: Array, w: Array, bias: Array | None) -> Array:
        dx = make()
        start = no_bias if bias is None else bias
        if not everywhere:
            dx[...] = 0 if bias is None else bias
        data, filters, target = in_a_line(dy), filters_in_a_line(w), in_a_line(dx)
        for plan in plans:
            correlate(plan, data, filters, start, target)
        return dx

    return call


def _grad_x_plans(
    dy: Sizes, w: Sizes, sizes: Sizes, moves: Moves, groups: int, itemsize: int
) -> tuple[list[Correlation], bool]:
    """A correlation for each residue of the strides that taps reach, and whether they are all."""
    lengths, taps, steps = in_three(sizes), in_three(w[:-2]), steps_in_three(moves)
    chans = w[-2] * groups
    target = _dense((dy[0], *sizes, chans))
    each = [
        phases(length, k, step.stride, step.dilation, step.left)
        for length, k, step in zip(lengths, taps, steps, strict=True)
    ]
    plans = []
    for turn in product(*each):
        w_taps = _flat_taps([phase.taps for phase in turn], taps)
        out = tuple(
            -(-(length - phase.start) // step.stride)
            for length, phase, step in zip(lengths, turn, steps, strict=True)
        )
        starts = sum(phase.start * n for phase, n in zip(turn, target.to_out, strict=True))
        to_out = tuple(n * step.stride for n, step in zip(target.to_out, steps, strict=True))
        move = Movement(
            dy[0], dy[-1], in_three(dy[1:-1]), tuple(len(phase.taps) for phase in turn), out,
            tuple(phase.step for phase in turn), itemsize,
        )  # fmt: skip
        goal = target._replace(start=starts, to_out=to_out)
        plans.append(_plan(move, groups, w[-2], w_taps, goal, True, False))
    residues = prod(min(n, step.stride) for n, step in zip(lengths, steps, strict=True))
    return plans, len(plans) == residues


def _flat_taps(taps: list[tuple[int, ...]], sizes: Sizes) -> list[int]:
    """The taps of each dimension as taps of the filter, whose sizes these are."""
    return [(i * sizes[1] + j) * sizes[2] + k for i, j, k in product(*taps)]


def _folded_grad_x(dy: Array, w: Array, sizes: Sizes, moves: Moves, groups: int) -> Array:
    """The gradient at all padded positions, then back to the samples that they copy."""
    plain = tuple(Geometry(move.stride, move.dilation) for move in moves)
    wide = tuple(n + move.left + move.right for n, move in zip(sizes, moves, strict=True))
    padded = conv_grad_x(dy, w, wide, plain, groups)
    for axis, (n, move) in enumerate(zip(sizes, moves, strict=True), 1):
        shape = padded.shape
        if shape[axis] == n and move.left == 0:
            continue
        dx = empty((*shape[:axis], n, *shape[axis + 1 :]), padded.dtype)
        if dx.size:
            around = prod(shape[:axis]), prod(shape[axis + 1 :])
            lines = padded.reshape(around[0], shape[axis], around[1])
            target = dx.reshape(around[0], n, around[1])
            fold_padding(workers(nbytes=padded.nbytes), lines, target, move.left, move.mode)
        padded = dx
    return padded


def conv_grad_w(x: Array, dy: Array, taps: Sizes, moves: Moves, groups: int = 1) -> Array:
    """dw (taps..., C/G, F) of x (B, L..., C) and dy (B, T..., F)."""
    call = conv_grad_w_call(x.shape, dy.shape, taps, moves, groups, False, x.itemsize)
    dw = call(canonical(x), canonical(dy))
    return dw.reshape(*taps, x.shape[-1] // groups, dy.shape[-1])


def conv_grad_wb(x: Array, dy: Array, taps: Sizes, moves: Moves, groups: int = 1) -> Array:
    """`conv_grad_w` as (taps and channels, F), and a row more: the sum of dy."""
    call = conv_grad_w_call(x.shape, dy.shape, taps, moves, groups, True, x.itemsize)
    return call(canonical(x), canonical(dy))


@lru_cache(maxsize=1024)
def conv_grad_w_call(
    x: Sizes, dy: Sizes, taps: Sizes, moves: Moves, groups: int, bias: bool, itemsize: int
) -> GradW:
    """`conv_grad_w` of arrays of these sizes, `canonical` ones, as (taps and channels, F); with
    ``bias`` a row more, the sum of dy.
    """
    n_filt, rows = dy[-1], prod(taps) * (x[-1] // groups)
    make = maker((rows + bias, n_filt), _FLOATS[itemsize])
    if rows * prod(dy) == 0:

        def none_to_sum(x: Array, dy: Array) -> Array:
            both = make()
            both[...] = 0
            if bias and dy.size:
                both[rows:] = sum_rows(dy.reshape(1, -1, n_filt))
            return both

        return none_to_sum
    move = Movement(
        x[0], x[-1], in_three(x[1:-1]), in_three(taps), in_three(dy[1:-1]), steps_in_three(moves),
        itemsize,
    )  # fmt: skip
    cols = n_filt // groups
    gain = gain_of_grad_w(move, groups, cols)
    special = special_grad_w(x, dy, taps[-1], groups, moves, itemsize, gain)
    if special is not None:
        return lambda x, dy: special(x, dy, taps[0], moves[0], bias)
    if gain > 1:
        run = partial(winograd_gradient, winograd_gradient_plan(move, groups, cols, bias))
    else:
        run = partial(weight_gradient, weight_gradient_plan(move, groups, cols, bias))

    def call(x: Array, dy: Array) -> Array:
        both = make()
        run(in_a_line(x), in_a_line(dy), both)
        return both

    return call
