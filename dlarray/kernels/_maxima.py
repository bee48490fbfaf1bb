"""The maximum over windows of a sequence and its place: the loops of `maxpool`.

The first maximum counts, and a NaN more than any number; see `_pooling` for how windows are read.
"""

from __future__ import annotations

import numpy as np

from ._jit import device, kernel
from ._map import put
from ._places import (
    gather,
    place,
    store_places,
    store_whole_places,
    where_as_good,
    where_better,
)
from ._pooling import FOLDED, fill_table, is_gathered, whole_windows
from ._simd import address, fence, itemsize, lanes, load, load_whole, store, store_whole
from ._window import fill

# -- windows one by one ---------------------------------------------------------------------------


@device
def _best_of_four(like, kind, start, rows, stride, first, y, index, streamed):
    """Maxima and places of four vectors over rows, ``stride`` bytes apart; the first is place
    ``first``.
    """
    step = lanes(like) * itemsize(like)
    a, b = load_whole(like, start), load_whole(like, start + step)
    c, d = load_whole(like, start + 2 * step), load_whole(like, start + 3 * step)
    at_a = place(like, first)
    at_b, at_c, at_d = at_a, at_a, at_a
    for j in range(first + 1, first + rows):
        start += stride
        here = place(like, j)
        x = load_whole(like, start)
        at_a, a = where_better(x, a, here, at_a), where_better(x, a, x, a)
        x = load_whole(like, start + step)
        at_b, b = where_better(x, b, here, at_b), where_better(x, b, x, b)
        x = load_whole(like, start + 2 * step)
        at_c, c = where_better(x, c, here, at_c), where_better(x, c, x, c)
        x = load_whole(like, start + 3 * step)
        at_d, d = where_better(x, d, here, at_d), where_better(x, d, x, d)
    put(a, y, streamed)
    put(b, y + step, streamed)
    put(c, y + 2 * step, streamed)
    put(d, y + 3 * step, streamed)
    step = lanes(like) * itemsize(kind)
    store_whole_places(kind, at_a, 0, index)
    store_whole_places(kind, at_b, 0, index + step)
    store_whole_places(kind, at_c, 0, index + 2 * step)
    store_whole_places(kind, at_d, 0, index + 3 * step)


@device
def _best_row(like, kind, start, columns, rows, stride, first, y, index, streamed):
    """y[c], index[c] = the maximum of a column and its place; see `_best_of_four`."""
    width, size, small = lanes(like), itemsize(like), itemsize(kind)
    whole = columns // (4 * width) * (4 * width)
    for c in range(0, whole, 4 * width):
        at, to = start + c * size, y + c * size
        _best_of_four(like, kind, at, rows, stride, first, to, index + c * small, streamed)
    for c in range(whole, columns, width):
        count, at = columns - c, start + c * size
        best, where = load(like, at, count), place(like, first)
        for j in range(first + 1, first + rows):
            at += stride
            x = load(like, at, count)
            where = where_better(x, best, place(like, j), where)
            best = where_better(x, best, x, best)
        store(best, y + c * size, count)
        store_places(kind, where, 0, index + c * small, count)


@device
def _best_folded(x, source, chans, rows, first, held, marks, y, index, target):
    """As `_best_row` for few columns: several samples are one row, then the best of them."""
    times = FOLDED // chans
    groups, folded = rows // times, times * chans
    like, kind = x.dtype.type(0), marks.dtype.type(0)
    row = folded * itemsize(like)
    start = address(x) + source * itemsize(like)
    _best_row(like, kind, start, folded, groups, row, 0, address(held), address(marks), False)
    for c in range(chans):
        best, where = held[c], np.intp(marks[c]) * times
        for g in range(1, times):
            value, at = held[g * chans + c], np.intp(marks[g * chans + c]) * times + g
            if _is_better(value, best) or (at < where and not _is_better(best, value)):
                best, where = value, at
        for j in range(groups * times, rows):
            value = x[source + j * chans + c]
            if _is_better(value, best):
                best, where = value, j
        y[target + c], index[target + c] = best, first + where


@device
def _is_better(value, best):
    return value > best or (value != value and best == best)  # noqa: PLR0124 - NaN


@device
def _best_gathered(like, kind, start, windows, chans, k, step, table, y, index):
    """As `_best_row` for few columns of windows ``step`` bytes apart, as many as fit a vector at
    once; table holds the offsets of their columns.
    """
    size, small = itemsize(like), itemsize(kind)
    together = lanes(like) // chans
    for t in range(0, windows, together):
        count, at = min(together, windows - t) * chans, start + t * step
        best, where = gather(like, at, table, count), place(like, 0)
        for j in range(1, k):
            at += chans * size
            x = gather(like, at, table, count)
            where = where_better(x, best, place(like, j), where)
            best = where_better(x, best, x, best)
        store(best, y + t * chans * size, count)
        store_places(kind, where, 0, index + t * chans * small, count)


@device
def _max_sequence(
    x,
    base,
    length,
    chans,
    windows,
    k,
    stride,
    left,
    gathers,
    held,
    marks,
    y,
    index,
    target,
    streamed,
):
    """Some windows of the sequence that begins at x[base], to y and index from ``target`` on."""
    like, kind = x.dtype.type(0), index.dtype.type(0)
    size, small = itemsize(like), itemsize(kind)
    row = chans * size
    t, stop = windows
    while t < stop:
        begin = t * stride - left
        lo, hi = max(begin, 0), min(begin + k, length)
        whole = hi - lo == k
        n = whole_windows(lo, length, k, stride, gathers, stop - t) if whole else 1
        source = base + lo * chans
        start, result = address(x) + source * size, address(y) + target * size
        where = address(index) + target * small
        if hi <= lo:
            y[target : target + chans], index[target : target + chans] = -np.inf, 0
        elif whole and gathers:
            step, table = stride * row, address(marks)
            _best_gathered(like, kind, start, n, chans, k, step, table, result, where)
        elif 2 * n * chans <= lanes(like) and (hi - lo) * chans >= 2 * FOLDED:
            for i in range(n):
                at, to = source + i * chans, target + i * chans
                _best_folded(x, at, chans, hi - lo, lo - begin, held, marks, y, index, to)
        else:
            columns, first = n * chans, lo - begin
            _best_row(like, kind, start, columns, hi - lo, row, first, result, where, streamed)
        t += n
        target += n * chans


@kernel
def max_windows(
    worker, workers, x, outer, length, chans, k, stride, left, held, marks, y, index, streamed
):
    """y[a, t, c], index[a, t, c] = the maximum of window t and its place, window by window; all
    arrays flat.
    """
    out = y.shape[0] // (outer * chans)
    like = x.dtype.type(0)
    job, end = worker * outer * out // workers, (worker + 1) * outer * out // workers
    values, places = held[worker * FOLDED :], marks[worker * FOLDED :]
    gathers = is_gathered(like, chans, k, stride)
    if gathers:
        fill_table(like, places, chans, stride * chans * itemsize(like))
    while job < end:
        a = job // out
        windows = (job - a * out, min(out, end - a * out))
        _max_sequence(
            x, a * length * chans, length, chans, windows, k, stride, left, gathers, values, places,
            y, index, job * chans, streamed,
        )  # fmt: skip
        job += windows[1] - windows[0]
    if streamed:
        fence()


# -- windows that share most of their samples -----------------------------------------------------


@device
def _take_later(like, at, here, best, where, columns):
    """Let a row of data after those so far compete with their best."""
    size, width = itemsize(like), lanes(like)
    for c in range(0, columns, width):
        x, old = load(like, at + c * size, columns - c), load_whole(like, best + c * size)
        found = load_whole(like, where + c * size)
        store_whole(where_better(x, old, place(like, here), found), where + c * size)
        store_whole(where_better(x, old, x, old), best + c * size)


@device
def _take_first(like, at, here, best, where, columns):
    """Begin with a row of data."""
    size, width = itemsize(like), lanes(like)
    for c in range(0, columns, width):
        store_whole(load(like, at + c * size, columns - c), best + c * size)
        store_whole(place(like, here), where + c * size)


@device
def _take_earlier(like, at, here, best, where, columns, row):
    """The best of a row of data and the one after it, to the ``row`` bytes before it."""
    size, width = itemsize(like), lanes(like)
    for c in range(0, columns, width):
        x, old = load(like, at + c * size, columns - c), load_whole(like, best + c * size)
        found = load_whole(like, where + c * size)
        store_whole(where_as_good(x, old, place(like, here), found), where - row + c * size)
        store_whole(where_as_good(x, old, x, old), best - row + c * size)


@device
def _take_both(like, kind, first, places, later, later_places, begin, columns, y, index):
    """The best of two rows, the second of later samples."""
    size, small, width = itemsize(like), itemsize(kind), lanes(like)
    for c in range(0, columns, width):
        at, count = c * size, columns - c
        best, x = load_whole(like, first + at), load_whole(like, later + at)
        where = load_whole(like, places + at)
        where = where_better(x, best, load_whole(like, later_places + at), where)
        store(where_better(x, best, x, best), y + at, count)
        store_places(kind, where, begin, index + c * small, count)


@device
def _turn(like, start, stride, lo, hi, columns, front, front_places, row):
    """To row r - lo of ``front`` the best of samples r to hi, for each r from lo on."""
    at = (hi - 1 - lo) * row
    sample = start + (hi - 1) * stride
    _take_first(like, sample, hi - 1, front + at, front_places + at, columns)
    for r in range(hi - 2, lo - 1, -1):
        sample -= stride
        best, where = front + at, front_places + at
        _take_earlier(like, sample, r, best, where, columns, row)
        at -= row


@device
def _slide(
    like, least, kind, start, length, chans, columns, moves, windows, scratch, row, y, index
):
    """Some windows of one chunk of columns.  ``front`` holds the best of samples r to ``mid`` for
    each r since the last turn, ``back`` that of samples from ``mid`` on.
    """
    k, stride, left = moves
    step = chans * itemsize(like)
    back, back_places, front = scratch, scratch + row, scratch + 2 * row
    front_places = front + k * row
    turned = mid = reached = 0
    for window in range(windows[0], windows[1]):
        begin = window * stride - left
        lo, hi = max(begin, 0), min(begin + k, length)
        target, where = y + window * step, index + window * chans * itemsize(kind)
        if hi <= lo:
            fill(like, target, least, columns)
            _zero_places(like, kind, where, columns)
            continue
        if lo >= mid:  # what was behind is in front
            _turn(like, start, step, lo, hi, columns, front, front_places, row)
            turned, mid, reached = lo, hi, hi
        for r in range(reached, hi):
            if r == mid:
                _take_first(like, start + r * step, r, back, back_places, columns)
            else:
                _take_later(like, start + r * step, r, back, back_places, columns)
        reached = hi
        best, place = front + (lo - turned) * row, front_places + (lo - turned) * row
        more, more_places = (back, back_places) if hi > mid else (best, place)
        _take_both(like, kind, best, place, more, more_places, begin, columns, target, where)


@device
def _zero_places(like, kind, where, columns):
    for c in range(0, columns, lanes(like)):
        store_places(kind, place(like, 0), 0, where + c * itemsize(kind), columns - c)


@kernel
def max_sliding(worker, workers, x, k, stride, left, parts, wide, scratch, y, index):
    """As `max_windows`, at a cost that does not depend on k; parts of the windows of each
    sequence are shared, in chunks of ``wide`` columns.
    """
    outer, out, chans = y.shape
    length = x.shape[0] // max(1, outer * chans)
    like, kind = x.dtype.type(0), index.dtype.type(0)
    size, small = itemsize(like), itemsize(kind)
    chunks = (chans + wide - 1) // wide
    jobs = outer * parts * chunks
    for job in range(worker * jobs // workers, (worker + 1) * jobs // workers):
        a, part, c = job // chunks // parts, job // chunks % parts, job % chunks * wide
        start = address(x) + (a * length * chans + c) * size
        result = a * out * chans + c
        windows = (part * out // parts, (part + 1) * out // parts)
        _slide(
            like, x.dtype.type(-np.inf), kind, start, length, chans, min(wide, chans - c),
            (k, stride, left), windows, address(scratch[worker]), wide * size,
            address(y) + result * size, address(index) + result * small,
        )  # fmt: skip
