"""The correlation of data with filters in fewer multiplications: the macro-kernel of `_winograd`
for the convolution's forward and its input gradient.

Rows of a tile are pairs of positions, columns the filters of a group.  A tile sums the products of
one kind after the other, over groups of taps and channels, and writes both results of its pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._correlate import OWN_PANELS, Correlation, is_far
from ._jit import device, kernel
from ._lanes import PAIRED, PAIRED_TRIPLE, PAIRED_WIDE, TAIL, WIDE
from ._panels import MOST_VECS, WIDE_VECS, find_panel, panels_of, write_bias, write_tap
from ._prefetch import prefetch_all
from ._register_tile import (
    ask_for_rows,
    butterfly,
    columns_of,
    save_tile,
    saved_tile,
    zero_tile,
)
from ._simd import (
    add,
    address,
    itemsize,
    lanes,
    load_index,
    load_whole,
    mul,
    number,
    splat,
    stay_out_of_line,
    store_whole,
    sub,
)
from ._sources import Movement, integers
from ._tiles import add_run, finish, run_bytes
from ._winograd import (
    BATCH,
    CHANS,
    COLS,
    DEPTH,
    DILATION,
    GROUPS,
    KINDS,
    LEFT,
    LENGTH,
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

# Positions of a window, and of one for each tap, at least, so that few are read for two windows.
# Planes of 64 positions and 64 channels are a third of L1; with 128 or 256 it took 1 to 5 % more,
# with 5 * 51 taps and 16 channels 20 % less.
WINDOW, WINDOW_TAPS = 64, 5

# Fields of a plan, after those of `_winograd`: W_TAPS and OFFSETS say where the tables of the
# filter's taps, and of runs of products, begin; a group has WHOLE panels and one of LAST_VECS and
# LAST_TERMS, PANEL_SIZE numbers together, and BIAS_SIZE of the bias; SCRATCH are numbers for a
# worker, of which those from SAVED on hold a tile.  EACH_PACKS is 1 where each worker packs for
# itself, FAR where `is_far`.
RELU, REVERSED, W_TAPS, OFFSETS = (OWN + i for i in range(4))
WHOLE, LAST_VECS, LAST_TERMS, PANEL_SIZE, BIAS_SIZE = (OWN + 4 + i for i in range(5))
EACH_PACKS, SAVED, SCRATCH, FAR, FIELDS = (OWN + 9 + i for i in range(5))

HEIGHT = WIDE.rows


@device
def _pairs_ukr(shape, like, source, panel, bias, target, relu, saved):
    """Write a tile of pairs of results: those of the first positions, then those ``apart`` bytes
    behind them, of the second.

    ``source`` is (address, row step, offsets, run): ``offsets`` is an address of integers, of each
    kind of product how many runs it has, and where they begin in a row.  ``target`` is (address,
    row step, apart, rows of the first, of the second, columns).  At ``saved`` is place for a tile.
    """
    stay_out_of_line()
    a, row_step, offsets, run = source
    y, y_step, apart, first, second, cols = target
    tile = zero_tile(shape, like)
    for kind in range(KINDS):
        if kind == 1:
            save_tile(tile, saved)
            tile = zero_tile(shape, like)
        elif kind == 2:
            tile = butterfly(tile, saved)
        elif kind == 3:
            finish(shape, tile, bias, relu, (y, y_step, first, cols))
            tile = saved_tile(tile, saved)
        for _ in range(load_index(offsets)):
            offsets += 8
            start = a + load_index(offsets)
            tile = add_run(shape, like, tile, start, row_step, run, panel)
            panel += run_bytes(shape, like, run)
        offsets += 8
    finish(shape, tile, bias, relu, (y + apart, y_step, second, cols))


@device
def _pairs_tile(like, vecs, n_terms, source, panel, bias, target, relu, saved):
    """`_pairs_ukr` of the shape that a panel of `_panels` has."""
    if n_terms == 1:
        if vecs == 2:
            _pairs_ukr(WIDE, like, source, panel, bias, target, relu, saved)
        else:
            _pairs_ukr(TAIL, like, source, panel, bias, target, relu, saved)
    elif vecs == 1:
        _pairs_ukr(PAIRED, like, source, panel, bias, target, relu, saved)
    elif vecs == 2:
        _pairs_ukr(PAIRED_WIDE, like, source, panel, bias, target, relu, saved)
    elif PAIRED_TRIPLE is not None:
        _pairs_ukr(PAIRED_TRIPLE, like, source, panel, bias, target, relu, saved)


@device
def _panel(plan, q, value):
    """Panel q of a group: (first column, vectors, terms, numbers before it)."""
    last = plan[LAST_VECS], plan[LAST_TERMS]
    column, vecs, terms = find_panel(value, q, plan[WHOLE], last)
    return column, vecs, terms, plan[RUNS] * plan[DEPTH] * column


@device
def _write_part(w, target, value, plan, part, panel, group):
    """The rows of a panel that three taps make, or the rest of the taps; the panel begins at
    ``target``.
    """
    depth = plan[DEPTH]
    _, vecs, terms = panel
    width = vecs * lanes(value) // terms
    block = (depth + terms - 1) // terms * terms * width * itemsize(value)
    of_b, of_c, of_d = first_runs(plan)
    a = target + part * block
    b, c, d = a + of_b * block, a + of_c * block, a + of_d * block
    sizes = depth, plan[COLS], plan[REVERSED] != 0
    taps = min(3, plan[TAPS] - 3 * part)
    for i in range(taps):
        place = a
        if i == 0:
            place = c
        elif i == taps - 1:
            place = d
        tap = plan[plan[W_TAPS] + 3 * part + i]
        write_tap(value, place, panel, w, tap, group, sizes, 0, depth)
    _sum_taps(value, a, b, c, d, block, taps)


@device
def _sum_taps(like, a, b, c, d, size, taps):
    """The weights of the products from those of the taps: the first at c, the last of several at d,
    the second of three at a; ``size`` bytes each.
    """
    zero, half = splat(like, number(like, 0)), splat(like, number(like, 1) / number(like, 2))
    for at in range(0, size, lanes(like) * itemsize(like)):
        first = load_whole(like, c + at)
        if taps == 1:
            store_whole(first, d + at)
        else:
            last = load_whole(like, d + at)
            ends = add(first, last)
            store_whole(sub(zero, last), d + at)
            if taps == 2:
                store_whole(ends, a + at)
            else:
                second = load_whole(like, a + at)
                store_whole(mul(add(second, ends), half), a + at)
                store_whole(mul(sub(second, ends), half), b + at)


@device
def _write_panels(worker, workers, w, bias, work, value, plan):
    """One worker's share of the panels of w (taps, C, F), by groups, to address ``work``; behind
    them all of the bias.
    """
    size, panels, parts = itemsize(value), plan[WHOLE] + 1, (plan[TAPS] + 2) // 3
    jobs = plan[GROUPS] * panels * parts
    for job in range(worker * jobs // workers, (worker + 1) * jobs // workers):
        part, q, g = job % parts, job // parts % panels, job // (parts * panels)
        column, vecs, terms, before = _panel(plan, q, value)
        target = work + (g * plan[PANEL_SIZE] + before) * size
        _write_part(w, target, value, plan, part, (column, vecs, terms), g)
    if worker == 0:
        target = work + plan[GROUPS] * plan[PANEL_SIZE] * size
        write_bias(value, target, bias, plan[GROUPS], plan[COLS], plan[BIAS_SIZE])


@kernel
def _winograd_pack(worker, workers, w, bias, work, value, plan):
    """The panels of w and the bias to the beginning of ``work``."""
    _write_panels(worker, workers, w, bias, address(work), value, plan)


@device
def _samples_of(plan, x, index, value):
    """The address of the first sample of a window, by number; behind the last it is not ours."""
    b, line, first, _ = find_window(plan, index)
    row = b * plan[LENGTH] + line + first * plan[DILATION] - plan[LEFT]
    return x + row * plan[CHANS] * itemsize(value)


@device
def _ask_for_samples(plan, start, p, value):
    """Ask for the samples under the tile at position p of the window that begins at an address."""
    row_bytes = plan[CHANS] * itemsize(value)
    for row in range(p, p + 2 * HEIGHT):
        prefetch_all(start + row * plan[DILATION] * row_bytes, row_bytes)


@device
def _write_window(out, count, planes, panels, bias, ahead, value, plan):
    """Write ``count`` positions of a line of y, the first at address ``out``, from the planes of
    their window; with FAR the samples of the next one begin at address ``ahead``.
    """
    size, chans, cols, d = itemsize(value), plan[CHANS], plan[COLS], plan[DILATION]
    n_filt = plan[GROUPS] * cols
    saved, apart = planes + plan[SAVED] * size, d * n_filt * size
    offsets = address(plan) + 8 * plan[OFFSETS]
    for g in range(plan[GROUPS]):
        for q in range(plan[WHOLE] + 1):
            column, vecs, terms, before = _panel(plan, q, value)
            panel = panels + (g * plan[PANEL_SIZE] + before) * size
            row = bias + (g * plan[BIAS_SIZE] + column) * size
            for p in range(0, count, 2 * HEIGHT):
                at = planes + (p * chans + g * plan[DEPTH]) * size
                source = (at, 2 * chans * size, offsets, plan[DEPTH])
                left = count - p
                target = (
                    out + p * apart + (g * cols + column) * size, 2 * apart, apart,
                    (left + 1) // 2, left // 2, cols - column,
                )  # fmt: skip
                if plan[FAR]:
                    ask_for_rows(WIDE, value, target[0], 2 * apart)
                    ask_for_rows(WIDE, value, target[0] + apart, 2 * apart)
                    if g + q == 0:
                        _ask_for_samples(plan, ahead, p, value)
                relu = plan[RELU] != 0
                _pairs_tile(value, vecs, terms, source, panel, row, target, relu, saved)


@kernel
def _winograd_correlate(worker, workers, x, w, bias, y, work, value, plan):
    """As `_correlate`, of one dimension, for an array y that is written whole."""
    size, n_filt = itemsize(value), plan[GROUPS] * plan[COLS]
    of_panels = plan[GROUPS] * plan[PANEL_SIZE]
    shared = of_panels + plan[GROUPS] * plan[BIAS_SIZE]
    panels = address(work)
    scratch = panels + (shared + worker * plan[SCRATCH]) * size
    if plan[EACH_PACKS]:
        panels += worker * (shared + plan[SCRATCH]) * size
        scratch = panels + shared * size
        _write_panels(0, 1, w, bias, panels, value, plan)
    bias_at = panels + of_panels * size
    windows = plan[BATCH] * plan[WINDOWS] * plan[DILATION]
    for window in range(worker * windows // workers, (worker + 1) * windows // workers):
        b, line, first, count = find_window(plan, window)
        if count > 0:
            transform(value, plan, address(x), b, line, first, scratch)
            row = b * plan[OUT] + line + first * plan[DILATION]
            out = address(y) + row * n_filt * size
            ahead, bias_at = (
                _samples_of(plan, address(x), window + 1, value),
                panels + of_panels * size,
            )
            _write_window(out, count, scratch, panels, bias_at, ahead, value, plan)


def winograd_correlation(
    move: Movement,
    groups: int,
    cols: int,
    w_taps: Sequence[int],
    shape: tuple[int, ...],
    reverse: bool,
    relu: bool,
) -> Correlation:
    """`_correlate.correlation` of one dimension, for all elements of a result of this shape."""
    taps, depth = move.taps[2], move.chans // groups
    windows = windows_of(move, groups, cols, _positions(move))
    whole, last = panels_of(cols, depth, move.itemsize)
    vector = columns_of(TAIL, move.itemsize)
    of_last = last.rows(depth) * last.vecs
    panel_size = windows.runs * (whole * depth * WIDE_VECS + of_last) * vector
    bias_size = (-(-cols // vector) + 1) * vector
    panels = groups * (panel_size + bias_size)
    each_packs = panels <= OWN_PANELS
    scratch = windows.size + HEIGHT * MOST_VECS * vector
    offsets = [n for kind in windows.offsets for n in (len(kind), *kind)]
    fields = [
        *windows.fields, int(relu), int(reverse), FIELDS, FIELDS + taps, whole, *last, panel_size,
        bias_size, int(each_packs), windows.size, scratch,
        int(is_far(move, groups * cols)), *w_taps, *offsets,
    ]  # fmt: skip
    return Correlation(
        _winograd_correlate,
        _winograd_pack,
        integers(fields),
        np.float32(move.steps[2].value),
        2.0 * move.n_batch * move.out[2] * cols * move.chans * taps,
        0 if each_packs else panels,
        scratch + panels if each_packs else scratch,
        shape,
    )


def _positions(move: Movement) -> int:
    """Positions of a window: whole tiles."""
    longest, tile = lines(move)[1], 2 * HEIGHT
    wanted = min(max(WINDOW, WINDOW_TAPS * move.taps[2]), positions_in(PLANE_NUMBERS, move))
    count = max(1, round(longest / wanted))
    return -(-longest // (count * tile)) * tile
