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
for them, copy their inputs.

``moves`` has one `Geometry` a convolved dimension, of one padding mode and value.  A matrix product
(N, C) x (C, F) is the convolution of one batch with one tap.  Channel-wise convolutions over one
dimension, and those with few filters, have kernels of their own, chosen by `_choice`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from ._buffers import Array, empty
from ._choice import Forward, GradW, special_forward, special_grad_w, special_grad_x
from ._correlate import Correlation, Target, correlate, correlation
from ._jit import canonical, workers
from ._one_sequence import fold_padding, phases
from ._sources import Movement, filters_in_a_line, in_a_line, in_three, steps_in_three
from ._weight_gradient import WeightGradient, weight_gradient, weight_gradient_plan
from ._window import SCALAR, Geometry

Moves = tuple[Geometry, ...]
Sizes = tuple[int, ...]

_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}


def conv_forward(x: Array, w: Array, bias: Array | None, moves: Moves, relu: bool = False) -> Array:
    """y (B, T..., F) of x (B, L..., C), w (K..., C/G, F) and bias (F,) or None; max(y, 0) with
    ``relu``, NaN where y is.
    """
    x, w = canonical(x), canonical(w)
    plan = _forward_plan(x.shape, w.shape, moves, relu, x.itemsize)
    if not isinstance(plan, Correlation):
        return plan(x, w, bias, moves[0], relu)
    y = empty(plan.shape, x.dtype)
    if y.size:
        bias = _NO_BIAS[w.dtype] if bias is None else canonical(bias)
        correlate(plan, in_a_line(x), filters_in_a_line(w), bias, in_a_line(y))
    return y


@lru_cache(maxsize=1024)
def _forward_plan(
    x: Sizes, w: Sizes, moves: Moves, relu: bool, itemsize: int
) -> Correlation | Forward:
    lengths, taps = x[1:-1], w[:-2]
    out = _out_lengths(lengths, taps, moves)
    special = special_forward(x[-1], w, moves, itemsize)
    if special is not None:
        return special
    move = Movement(
        x[0], x[-1], in_three(lengths), in_three(taps), in_three(out), steps_in_three(moves),
        itemsize,
    )  # fmt: skip
    groups = _groups(x[-1], w[-2])
    target = _dense((x[0], *out, w[-1]))
    return correlation(move, groups, w[-1] // groups, range(prod(taps)), target, False, relu)


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
    dy, w = canonical(dy), canonical(w)
    if any(move.mode != SCALAR and move.left + move.right > 0 for move in moves):
        return _folded_grad_x(dy, w, sizes, moves, groups)
    chans = w.shape[-2] * groups
    special = None if bias is not None else _special_grad_x(chans, w.shape, moves, dy.itemsize)
    if special is not None:
        return special(dy, w, sizes[0], moves[0])
    dx = empty((dy.shape[0], *sizes, chans), dy.dtype)
    if not dx.size:
        return dx
    plans, everywhere = _grad_x_plans(dy.shape, w.shape, sizes, moves, groups, dy.itemsize)
    start = _NO_BIAS[w.dtype] if bias is None else canonical(bias)
    if not everywhere or not dy.size:
        dx[...] = 0 if bias is None else start
    for plan in plans if dy.size else ():
        correlate(plan, in_a_line(dy), filters_in_a_line(w), start, in_a_line(dx))
    return dx


_special_grad_x = lru_cache(maxsize=1024)(special_grad_x)


@lru_cache(maxsize=1024)
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
        plans.append(correlation(move, groups, w[-2], w_taps, goal, True, False))
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
    x, dy = canonical(x), canonical(dy)
    plan = _grad_w_plan(x.shape, dy.shape, taps, moves, groups, x.itemsize)
    if plan is not None and not isinstance(plan, WeightGradient):
        return plan(x, dy, taps[0], moves[0])
    dw = empty((*taps, x.shape[-1] // groups, dy.shape[-1]), x.dtype)
    if plan is None or dy.size == 0:
        dw[...] = 0
        return dw
    weight_gradient(plan, in_a_line(x), in_a_line(dy), filters_in_a_line(dw))
    return dw


@lru_cache(maxsize=1024)
def _grad_w_plan(
    x: Sizes, dy: Sizes, taps: Sizes, moves: Moves, groups: int, itemsize: int
) -> WeightGradient | GradW | None:
    if prod(taps) * x[-1] * prod(dy) == 0:
        return None
    special = special_grad_w(x, dy, taps[-1], groups, moves, itemsize)
    if special is not None:
        return special
    move = Movement(
        x[0], x[-1], in_three(x[1:-1]), in_three(taps), in_three(dy[1:-1]), steps_in_three(moves),
        itemsize,
    )  # fmt: skip
    return weight_gradient_plan(move, groups, dy[-1] // groups)
