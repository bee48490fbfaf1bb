"""The weight gradient of a convolution in fewer multiplications: the macro-kernel of `_winograd`.

Rows are the channels of a group, columns its filters, the sum runs over pairs of positions.  Every
product of a group of taps is summed for itself, in a number of parts fixed by the problem, and what
they make of the weights of the taps is found at the end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._buffers import Array, empty, workspace
from ._jit import device, kernel, workers
from ._lanes import DOUBLED_TRIPLE, WIDE
from ._register_tile import columns, columns_of
from ._simd import (
    add,
    address,
    itemsize,
    lanes,
    load,
    mul,
    number,
    splat,
    stack_integers,
    stay_inline,
    store,
    sub,
)
from ._sources import Movement, integers
from ._tiles import add_rows, tile_rows, weight_panel_width, weight_tile, write_weight_row
from ._weight_gradient import JOB_FLOPS, JOBS, PARTIAL_SIZE
from ._winograd import (
    BATCH,
    CHANS,
    COLS,
    DEPTH,
    DILATION,
    GROUPS,
    KINDS,
    OUT,
    OWN,
    PLANE_NUMBERS,
    RUNS,
    TAPS,
    WINDOWS,
    find_window,
    first_runs,
    lines,
    positions_in,
    transform,
    windows_of,
)

# Pairs of positions summed in registers before a tile goes to memory, and about those of a window.
# With half as many it took 2 to 25 % more.
PAIRS = 128

# Fields of a plan, after those of `_winograd`: OFFSETS says where the table of runs of products
# begins.  TOGETHER windows, of PLANES numbers each, are summed at once, by workers with SCRATCH
# numbers.
OFFSETS, PARTS, TOGETHER, BIAS, PLANES, SCRATCH, FIELDS = (OWN + i for i in range(7))

MOST = 16  # windows that are summed together


@device
def _slope(like, kind, first, second, count, of_second):
    """What the products of a kind have in the place of the weights, of ``count`` columns of rows of
    dy at two addresses; ``of_second`` is how many the second row has.
    """
    stay_inline()
    one, two = load(like, first, count), load(like, second, of_second)
    if kind == 0:
        return add(one, two)
    if kind == 1:
        return sub(one, two)
    if kind == 2:
        return one
    return two


@device
def _write_slopes(like, kind, pairs, first, apart, left, both, target):
    """Write rows of a panel of up to ``left`` columns, of pairs of rows of dy ``apart`` bytes from
    each other, or of their first ones only: the address behind them.
    """
    width = lanes(like)
    count = left if both else 0
    for _ in range(pairs):
        at = first + width * itemsize(like)
        one = _slope(like, kind, first, first + apart, left, count)
        two = _slope(like, kind, at, at + apart, left - width, count - width)
        target = write_weight_row(like, one, two, left, target)
        first += 2 * apart
    return target


@device
def _place_windows(x, dy, value, plan, window, last, planes, place, rows):
    """Make the planes of the next windows before the one of number ``last``, as many as are summed
    together: (the window after them, how many have positions).

    ``place`` has four numbers of each, as `_weight_ukr` reads them; ``rows`` the address of its
    first row of dy, and its positions.
    """
    size, d, n_filt = itemsize(value), plan[DILATION], plan[GROUPS] * plan[COLS]
    count = 0
    while count < plan[TOGETHER] and window < last:
        b, line, first, positions = find_window(plan, window)
        window += 1
        if positions > 0:
            transform(value, plan, address(x), b, line, first, planes)
            place[count, 0], place[count, 1] = planes, (positions + 1) // 2
            place[count, 2] = 2 * plan[CHANS] * size
            place[count, 3] = address(plan) + 8 * plan[OFFSETS]
            row = b * plan[OUT] + line + first * d
            rows[count, 0], rows[count, 1] = address(dy) + row * n_filt * size, positions
            planes += plan[PLANES] * size
            count += 1
    return window, count


@device
def _write_panel(value, plan, kind, rows, count, shift, left, target):
    """Write the panel of a kind, of ``count`` windows, from ``shift`` bytes of a row of dy on."""
    apart = plan[DILATION] * plan[GROUPS] * plan[COLS] * itemsize(value)
    for i in range(count):
        row, pairs = rows[i, 0] + shift, rows[i, 1] // 2
        target = _write_slopes(value, kind, pairs, row, apart, left, True, target)
        row += 2 * pairs * apart
        target = _write_slopes(value, kind, rows[i, 1] % 2, row, apart, left, False, target)


@device
def _add_products(value, plan, g, p, place, rows, count, panel, fresh, partial):
    """Add what some windows make of the columns from p on of group g to the sums of a part, at
    address ``partial``; write it if ``fresh``.
    """
    size, depth, cols = itemsize(value), plan[DEPTH], plan[COLS]
    n_filt, left, height = plan[GROUPS] * cols, cols - p, tile_rows(cols, value)
    shift, step = (g * cols + p) * size, weight_panel_width(left, value) * size
    of_b, of_c, of_d = first_runs(plan)
    ends = of_b, of_c, of_d, plan[RUNS]
    if plan[BIAS]:
        bias, row_step = partial + plan[RUNS] * depth * n_filt * size + shift, n_filt * size
        for i in range(count):
            slopes = rows[i, 0] + shift, plan[DILATION] * row_step
            add_rows(value, slopes, rows[i, 1], fresh and i == 0, bias, left)
    run = 0
    for kind in range(KINDS):
        _write_panel(value, plan, kind, rows, count, shift, left, panel)
        while run < ends[kind]:
            for r in range(0, depth, height):
                out = partial + (run * depth + r) * n_filt * size + shift
                target = (out, n_filt * size, min(height, depth - r), left)
                source = (address(place), count, run, (g * depth + r) * size)
                weight_tile(value, p, source, (panel, step), fresh, target)
            run += 1


@kernel
def _winograd_parts(worker, workers, x, dy, partial, work, shares, value, plan):
    """partial[p] (runs*C/G, F) = the products of the weight gradient over the p-th share of the
    windows; with BIAS one row more, the sum of dy.

    A job is one part and one of ``shares`` of its panels.  ``work`` has SCRATCH numbers for each
    worker.
    """
    size, cols, wide = itemsize(value), plan[COLS], columns(WIDE, value)
    parts, windows = plan[PARTS], plan[BATCH] * plan[WINDOWS] * plan[DILATION]
    of_group = (cols + wide - 1) // wide
    panels = plan[GROUPS] * of_group
    all_rows = plan[RUNS] * plan[DEPTH] + plan[BIAS]
    planes = address(work) + worker * plan[SCRATCH] * size
    panel = planes + plan[TOGETHER] * plan[PLANES] * size
    place, rows = stack_integers(MOST, 4), stack_integers(MOST, 2)
    for job in range(worker * parts * shares // workers, (worker + 1) * parts * shares // workers):
        part, share = job // shares, job % shares
        window, last = part * windows // parts, (part + 1) * windows // parts
        sums = address(partial) + part * all_rows * plan[GROUPS] * cols * size
        fresh = True
        while fresh or window < last:
            window, count = _place_windows(x, dy, value, plan, window, last, planes, place, rows)
            for q in range(share * panels // shares, (share + 1) * panels // shares):
                g, p = q // of_group, q % of_group * wide
                _add_products(value, plan, g, p, place, rows, count, panel, fresh, sums)
            fresh = False


@kernel
def _sum_products(worker, workers, partial, total, value, plan):
    """total (K*C/G, F) = the weight gradient, of what `_winograd_parts` left; with BIAS its row."""
    size, width, taps = itemsize(value), lanes(value), plan[TAPS]
    n_filt = plan[GROUPS] * plan[COLS]
    block = plan[DEPTH] * n_filt
    vectors, groups = (block + width - 1) // width, (taps + 2) // 3
    jobs = vectors * groups
    for job in range(worker * jobs // workers, (worker + 1) * jobs // workers):
        group, at = job // vectors, job % vectors * width
        out = address(total) + (3 * group * block + at) * size
        _sum_group(value, plan, address(partial) + at * size, group, block, block - at, out)
    if plan[BIAS] and worker == 0:
        at, out = plan[RUNS] * block, taps * block
        for c in range(0, n_filt, width):
            start = address(partial) + (at + c) * size
            bias = _part_sum(value, plan, start, plan[PARTS], n_filt - c)
            store(bias, address(total) + (out + c) * size, n_filt - c)


@device
def _part_sum(like, plan, start, parts, count):
    """The sum of ``count`` numbers of each part, in order; those of the first are at ``start``."""
    n_filt = plan[GROUPS] * plan[COLS]
    step = (plan[RUNS] * plan[DEPTH] + plan[BIAS]) * n_filt * itemsize(like)
    total = splat(like, number(like, 0))
    for part in range(parts):
        total = add(total, load(like, start + part * step, count))
    return total


@device
def _sum_group(like, plan, start, group, block, count, out):
    """Write ``count`` numbers of the taps of a group; ``block`` numbers lie from run to run of the
    products, of which the first are at ``start``, and from tap to tap.
    """
    parts, taps = plan[PARTS], min(3, plan[TAPS] - 3 * group)
    of_b, of_c, of_d = first_runs(plan)
    step = block * itemsize(like)
    start += group * step
    a = _part_sum(like, plan, start, parts if taps > 1 else 0, count)
    b = _part_sum(like, plan, start + of_b * step, parts if taps > 2 else 0, count)
    c = _part_sum(like, plan, start + of_c * step, parts, count)
    d = _part_sum(like, plan, start + of_d * step, parts, count)
    if taps == 3:
        half = splat(like, number(like, 1) / number(like, 2))
        ends = mul(sub(a, b), half)
        store(add(c, ends), out, count)
        store(mul(add(a, b), half), out + step, count)
        store(sub(ends, d), out + 2 * step, count)
    elif taps == 2:
        store(add(a, c), out, count)
        store(sub(a, d), out + step, count)
    else:
        store(add(c, d), out, count)


class WinogradGradient(NamedTuple):
    """A plan for `_winograd_parts` and what its driver needs."""

    plan: Array
    value: np.floating  # what padding holds, in the type of the data
    flops: float
    parts: int
    rows: int  # of a part
    panels: int
    scratch: int  # numbers of workspace for each worker


def winograd_gradient_plan(move: Movement, groups: int, cols: int, bias: bool) -> WinogradGradient:
    """The plan of the gradient of ``cols`` filters a group."""
    taps, depth, (n_lines, longest) = move.taps[2], move.chans // groups, lines(move)
    count = max(1, round(longest / min(2 * PAIRS, positions_in(2 * PLANE_NUMBERS, move))))
    positions = -(-longest // (2 * count)) * 2
    windows = windows_of(move, groups, cols, positions)
    size = windows.runs * move.chans * cols
    flops = 2.0 * move.n_batch * move.out[2] * cols * move.chans * taps
    todo = n_lines * -(-longest // positions)
    parts = int(max(1, min(JOBS, flops / JOB_FLOPS, todo, PARTIAL_SIZE // size)))
    most = min(MOST, 2 * PAIRS // positions, 2 * PLANE_NUMBERS // max(1, windows.size))
    together = max(1, min(most, -(-todo // parts)))
    widest = columns_of(DOUBLED_TRIPLE, move.itemsize)
    scratch = together * (windows.size + positions // 2 * widest)
    offsets = [n for kind in windows.offsets for n in kind]
    fields = [
        *windows.fields, FIELDS, parts, together, int(bias), windows.size, scratch, *offsets,
    ]  # fmt: skip
    rows, panels = windows.runs * depth + bias, groups * -(-cols // columns_of(WIDE, move.itemsize))
    value = np.float32(move.steps[2].value)
    return WinogradGradient(integers(fields), value, flops, parts, rows, panels, scratch)


def winograd_gradient(plan: WinogradGradient, x: Array, dy: Array, dw: Array) -> None:
    """Write dw (rows, F), with a last row for the bias if the plan has one; x and dy have three
    axes.
    """
    n = workers(flops=plan.flops)
    partial = empty((plan.parts, plan.rows, dw.shape[1]), x.dtype)
    work = workspace(n * plan.scratch, x.dtype)
    # Panels are shared where there are fewer parts than would keep the workers even.  Who sums a
    # panel does not change its bits.
    shares = min(plan.panels, -(-2 * n // plan.parts))
    _winograd_parts(n, x, dy, partial, work, shares, plan.value, plan.plan)
    _sum_products(workers(nbytes=partial.nbytes), partial, dw, plan.value, plan.plan)
