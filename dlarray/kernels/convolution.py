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
(N, C) x (C, F) is the convolution of one batch with one tap.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import gcd, prod
from typing import NamedTuple

import numpy as np

from ._buffers import Array, empty
from ._correlate import Correlation, Target, correlate, correlation
from ._jit import canonical, kernel, workers
from ._sources import Movement, filters_in_a_line, in_a_line, in_three, steps_in_three
from ._weight_gradient import WeightGradient, weight_gradient, weight_gradient_plan
from ._window import SCALAR, Geometry, source

Moves = tuple[Geometry, ...]
Sizes = tuple[int, ...]

_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}


def conv_forward(x: Array, w: Array, bias: Array | None, moves: Moves, relu: bool = False) -> Array:
    """y (B, T..., F) of x (B, L..., C), w (K..., C/G, F) and bias (F,) or None; max(y, 0) with
    ``relu``, NaN where y is.
    """
    x, w = canonical(x), canonical(w)
    plan = _forward_plan(x.shape, w.shape, moves, relu, x.itemsize)
    y = empty(plan.shape, x.dtype)
    if y.size:
        bias = _NO_BIAS[w.dtype] if bias is None else canonical(bias)
        correlate(plan, in_a_line(x), filters_in_a_line(w), bias, in_a_line(y))
    return y


@lru_cache(maxsize=1024)
def _forward_plan(x: Sizes, w: Sizes, moves: Moves, relu: bool, itemsize: int) -> Correlation:
    lengths, taps = x[1:-1], w[:-2]
    out = _out_lengths(lengths, taps, moves)
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
    dx = empty((dy.shape[0], *sizes, w.shape[-2] * groups), dy.dtype)
    if not dx.size:
        return dx
    phases = _grad_x_plans(dy.shape, w.shape, sizes, moves, groups, dy.itemsize)
    start = _NO_BIAS[w.dtype] if bias is None else canonical(bias)
    if None in phases or not dy.size:
        dx[...] = 0 if bias is None else start
    for phase in phases:
        if phase and dy.size:
            correlate(phase, in_a_line(dy), filters_in_a_line(w), start, in_a_line(dx))
    return dx


@lru_cache(maxsize=1024)
def _grad_x_plans(
    dy: Sizes, w: Sizes, sizes: Sizes, moves: Moves, groups: int, itemsize: int
) -> tuple[Correlation | None, ...]:
    """A correlation for each residue of the strides, None where no tap reaches a position."""
    lengths, taps, steps = in_three(sizes), in_three(w[:-2]), steps_in_three(moves)
    chans = w[-2] * groups
    target = _dense((dy[0], *sizes, chans))
    each = [
        _phases(length, k, step.stride, step.dilation, step.left)
        for length, k, step in zip(lengths, taps, steps, strict=True)
    ]
    plans: list[Correlation | None] = []
    for phases in product(*each):
        w_taps = _flat_taps([phase.taps for phase in phases], taps)
        if not w_taps:
            plans.append(None)
            continue
        out = tuple(
            -(-(length - phase.start) // step.stride)
            for length, phase, step in zip(lengths, phases, steps, strict=True)
        )
        starts = sum(phase.start * n for phase, n in zip(phases, target.to_out, strict=True))
        to_out = tuple(n * step.stride for n, step in zip(target.to_out, steps, strict=True))
        move = Movement(
            dy[0], dy[-1], in_three(dy[1:-1]), tuple(len(phase.taps) for phase in phases), out,
            tuple(phase.step for phase in phases), itemsize,
        )  # fmt: skip
        goal = target._replace(start=starts, to_out=to_out)
        plans.append(correlation(move, groups, w[-2], w_taps, goal, True, False))
    return tuple(plans)


def _flat_taps(taps: list[list[int]], sizes: Sizes) -> list[int]:
    """The taps of each dimension as taps of the filter, whose sizes these are."""
    return [(i * sizes[1] + j) * sizes[2] + k for i, j, k in product(*taps)]


class _Phase(NamedTuple):
    """The positions start + m*stride of an input gradient in one dimension.

    dx[start + m*stride] = sum_j w[taps[j]] dy[m + j*dilation - left], of the movement ``step``.
    """

    start: int
    taps: list[int]
    step: Geometry


def _phases(length: int, k_size: int, stride: int, dilation: int, left: int) -> list[_Phase]:
    """One for each residue of the stride: a forward of dy with the taps reversed."""
    spread = dilation // gcd(stride, dilation)
    phases = []
    for start in range(min(stride, length)):
        taps = [k for k in range(k_size) if (start + left - k * dilation) % stride == 0]
        shift = (start + left - taps[0] * dilation) // stride if taps else 0
        step = Geometry(1, spread, (len(taps) - 1) * spread - shift)
        phases.append(_Phase(start, taps[::-1], step))
    return phases


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
            _fold(workers(nbytes=padded.nbytes), lines, target, move.left, move.mode)
        padded = dx
    return padded


@kernel
def _fold(worker, workers, padded, dx, left, mode):
    """dx (B, L, C) = the gradient at the samples, plus that at the padded positions which copy
    them.
    """
    n_batch, length, chans = dx.shape
    for b in range(worker * n_batch // workers, (worker + 1) * n_batch // workers):
        for row in range(length):
            for c in range(chans):
                dx[b, row, c] = padded[b, row + left, c]
        for position in range(-left, padded.shape[1] - left):
            if position < 0 or position >= length:
                row = source(position, length, mode)
                for c in range(chans if row >= 0 else 0):
                    dx[b, row, c] += padded[b, position + left, c]


def conv_grad_w(x: Array, dy: Array, taps: Sizes, moves: Moves, groups: int = 1) -> Array:
    """dw (taps..., C/G, F) of x (B, L..., C) and dy (B, T..., F)."""
    x, dy = canonical(x), canonical(dy)
    plan = _grad_w_plan(x.shape, dy.shape, taps, moves, groups, x.itemsize)
    dw = empty((*taps, x.shape[-1] // groups, dy.shape[-1]), x.dtype)
    if plan is None or dy.size == 0:
        dw[...] = 0
        return dw
    weight_gradient(plan, in_a_line(x), in_a_line(dy), filters_in_a_line(dw))
    return dw


@lru_cache(maxsize=1024)
def _grad_w_plan(
    x: Sizes, dy: Sizes, taps: Sizes, moves: Moves, groups: int, itemsize: int
) -> WeightGradient | None:
    if prod(taps) * x[-1] * prod(dy) == 0:
        return None
    move = Movement(
        x[0], x[-1], in_three(x[1:-1]), in_three(taps), in_three(dy[1:-1]), steps_in_three(moves),
        itemsize,
    )  # fmt: skip
    return weight_gradient_plan(move, groups, dy[-1] // groups)
