"""Sums over windows of a sequence, divided: the loops of `avgpool`, forward and backward.

Element q of the result sums the rows from (q*ahead + begin) // apart to (q*ahead + finish) // apart
of the data, as far as they exist.  See `_pooling` for how windows are read.  Nothing is subtracted:
NaN and Inf reach the windows that hold them only, and no digits cancel.  Long sums are made of runs
of `RUN` rows, so that single precision loses little.
"""

from __future__ import annotations

import numpy as np

from ._jit import device, kernel
from ._lanes import LANES
from ._map import put
from ._places import gather
from ._pooling import FOLDED, divided, fill_table, is_gathered, stepped, whole_windows
from ._simd import (
    add,
    address,
    div,
    fence,
    itemsize,
    lanes,
    load,
    load_whole,
    number,
    splat,
    store,
    store_whole,
)

RUN = 64  # rows added up before they are added to the rest

# -- windows one by one ---------------------------------------------------------------------------


@device
def _run_of_four(like, start, rows, stride):
    """Sums of four vectors over rows."""
    step = lanes(like) * itemsize(like)
    a, b = load_whole(like, start), load_whole(like, start + step)
    c, d = load_whole(like, start + 2 * step), load_whole(like, start + 3 * step)
    for _ in range(1, rows):
        start += stride
        a, b = add(a, load_whole(like, start)), add(b, load_whole(like, start + step))
        c = add(c, load_whole(like, start + 2 * step))
        d = add(d, load_whole(like, start + 3 * step))
    return a, b, c, d


@device
def _run_of_one(like, start, rows, stride, count):
    total = load(like, start, count)
    for _ in range(1, rows):
        start += stride
        total = add(total, load(like, start, count))
    return total


@device
def _sum_row(like, start, columns, rows, stride, divisor, y, streamed):
    """y[c] = the sum of a column over rows (one at least, ``stride`` bytes apart) / divisor."""
    width, size = lanes(like), itemsize(like)
    step = width * size
    whole, by = columns // (4 * width) * (4 * width), splat(like, divisor)
    for at in range(0, whole * size, 4 * step):
        a, b, c, d = _run_of_four(like, start + at, min(rows, RUN), stride)
        for r in range(RUN, rows, RUN):
            e, f, g, h = _run_of_four(like, start + at + r * stride, min(rows - r, RUN), stride)
            a, b, c, d = add(a, e), add(b, f), add(c, g), add(d, h)
        put(div(a, by), y + at, streamed)
        put(div(b, by), y + at + step, streamed)
        put(div(c, by), y + at + 2 * step, streamed)
        put(div(d, by), y + at + 3 * step, streamed)
    for c in range(whole, columns, width):
        count, at = columns - c, c * size
        total = _run_of_one(like, start + at, min(rows, RUN), stride, count)
        for r in range(RUN, rows, RUN):
            more = _run_of_one(like, start + at + r * stride, min(rows - r, RUN), stride, count)
            total = add(total, more)
        store(div(total, by), y + at, count)


@device
def _sum_folded(x, source, chans, rows, divisor, held, y, target):
    """As `_sum_row` for few columns: several rows are one, then their parts are added up."""
    times = FOLDED // chans
    groups, folded = rows // times, times * chans
    like, one = x.dtype.type(0), x.dtype.type(1)
    start, row = address(x) + source * itemsize(like), folded * itemsize(like)
    _sum_row(like, start, folded, groups, row, one, address(held), False)
    for c in range(chans):
        total = held[c]
        for g in range(1, times):
            total += held[g * chans + c]
        for r in range(groups * times, rows):
            total += x[source + r * chans + c]
        y[target + c] = total / divisor


@device
def _sum_gathered(like, start, windows, chans, k, step, divisor, table, y):
    """As `_sum_row` for few columns of windows ``step`` bytes apart, as many as fit a vector at
    once; table holds the offsets of their columns.
    """
    size, by = itemsize(like), splat(like, divisor)
    together = lanes(like) // chans
    for t in range(0, windows, together):
        count, at = min(together, windows - t) * chans, start + t * step
        total = gather(like, at, table, count)
        for _ in range(1, k):
            at += chans * size
            total = add(total, gather(like, at, table, count))
        store(div(total, by), y + t * chans * size, count)


@device
def _sum_sequence(
    x, base, length, chans, windows, moves, k, mean, gathers, held, table, y, target, streamed
):
    """Some windows of the sequence that begins at x[base], to y from ``target`` on."""
    ahead, apart, begin, finish = moves
    like = x.dtype.type(0)
    size = itemsize(like)
    row, most = chans * size, finish - begin
    q, stop = windows
    first, to_first = divided(q * ahead + begin, apart)
    last, to_last = divided(q * ahead + finish, apart)
    while q < stop:
        lo, hi = max(first, 0), min(last, length)
        whole = apart == 1 and hi - lo == most
        n = whole_windows(lo, length, most, ahead, gathers, stop - q) if whole else 1
        source = base + lo * chans
        start, result = address(x) + source * size, address(y) + target * size
        divisor = number(like, hi - lo if mean else k)
        if hi <= lo:
            y[target : target + chans] = np.nan if mean else 0
        elif whole and gathers:
            step = ahead * row
            _sum_gathered(like, start, n, chans, hi - lo, step, divisor, address(table), result)
        elif 2 * n * chans <= lanes(like) and (hi - lo) * chans >= 2 * FOLDED:
            for i in range(n):
                at, to = source + i * chans, target + i * chans
                _sum_folded(x, at, chans, hi - lo, divisor, held, y, to)
        else:
            _sum_row(like, start, n * chans, hi - lo, row, divisor, result, streamed)
        q += n
        target += n * chans
        step = n * ahead
        first, to_first = stepped(first, to_first, step, apart)
        last, to_last = stepped(last, to_last, step, apart)


@kernel
def sum_windows(
    worker, workers, x, outer, length, chans, ahead, apart, begin, finish, k, mean, held, table, y,
    streamed,
):  # fmt: skip
    """y[a, q, c] = the sum over window q divided by k, or by the rows that exist if ``mean``; all
    arrays flat.
    """
    out = y.shape[0] // (outer * chans)
    like = x.dtype.type(0)
    job, end = worker * outer * out // workers, (worker + 1) * outer * out // workers
    values, offsets = held[worker * FOLDED :], table[worker * LANES :]
    gathers = apart == 1 and is_gathered(like, chans, finish - begin, ahead)
    if gathers:
        fill_table(like, offsets, chans, ahead * chans * itemsize(like))
    while job < end:
        a = job // out
        windows, moves = (job - a * out, min(out, end - a * out)), (ahead, apart, begin, finish)
        _sum_sequence(
            x, a * length * chans, length, chans, windows, moves, k, mean, gathers, values, offsets,
            y, job * chans, streamed,
        )  # fmt: skip
        job += windows[1] - windows[0]
    if streamed:
        fence()


# -- windows that share most of their rows --------------------------------------------------------


@device
def _accumulate(like, at, columns, run, rest, carry):
    """Add a row of data to a run, and a run that is full to the rest."""
    size, width = itemsize(like), lanes(like)
    for c in range(0, columns * size, width * size):
        total = add(load_whole(like, run + c), load(like, at + c, columns - c // size))
        if carry:
            store_whole(add(load_whole(like, rest + c), total), rest + c)
            total = splat(like, like)
        store_whole(total, run + c)


@device
def _write_zeros(like, columns, target):
    for c in range(0, columns, lanes(like)):
        store_whole(splat(like, like), target + c * itemsize(like))


@device
def _write_sum(like, a, b, columns, target):
    size, width = itemsize(like), lanes(like)
    for c in range(0, columns * size, width * size):
        store_whole(add(load_whole(like, a + c), load_whole(like, b + c)), target + c)


@device
def _slide(like, start, length, chans, columns, k, mean, moves, q, stop, scratch, row, y):
    """Windows q to ``stop`` of one chunk of columns.  ``front`` holds the sums of rows r to ``mid``
    for each r since the last turn; those from ``mid`` on are ``run`` and ``rest``.
    """
    ahead, apart, begin, finish = moves
    size, width = itemsize(like), lanes(like)
    run, rest, front = scratch, scratch + row, scratch + 2 * row
    turned = mid = reached = 0
    for window in range(q, stop):
        lo = max((window * ahead + begin) // apart, 0)
        hi = min((window * ahead + finish) // apart, length)
        if hi > lo >= mid:  # turn: what was behind is in front
            _write_zeros(like, 2 * (row // size), run)
            for r in range(hi - 1, lo - 1, -1):
                full = (hi - r) % RUN == 0
                _accumulate(like, start + r * chans * size, columns, run, rest, full)
                _write_sum(like, run, rest, columns, front + (r - lo) * row)
            _write_zeros(like, 2 * (row // size), run)
            turned, mid, reached = lo, hi, hi
        for r in range(reached, hi):
            full = (r - mid + 1) % RUN == 0
            _accumulate(like, start + r * chans * size, columns, run, rest, full)
        reached = max(reached, hi)
        behind = front + (lo - turned) * row
        by = splat(like, number(like, max(hi - lo, 0) if mean else k))
        target = y + window * chans * size
        for c in range(0, columns * size, width * size):
            total = splat(like, like)
            if hi > lo:
                total = add(load_whole(like, run + c), load_whole(like, rest + c))
                total = add(load_whole(like, behind + c), total)
            store(div(total, by), target + c, columns - c // size)


@kernel
def sum_sliding(worker, workers, x, ahead, apart, begin, finish, k, mean, parts, wide, scratch, y):
    """As `sum_windows`, at a cost that does not depend on the windows' length; parts of each
    sequence of windows are shared, in chunks of ``wide`` columns.
    """
    outer, out, chans = y.shape
    length = x.shape[0] // max(1, outer * chans)
    like, moves = x.dtype.type(0), (ahead, apart, begin, finish)
    size = itemsize(like)
    chunks = (chans + wide - 1) // wide
    jobs = outer * parts * chunks
    for job in range(worker * jobs // workers, (worker + 1) * jobs // workers):
        a, part, c = job // chunks // parts, job // chunks % parts, job % chunks * wide
        _slide(
            like, address(x) + (a * length * chans + c) * size, length, chans, min(wide, chans - c),
            k, mean, moves, part * out // parts, (part + 1) * out // parts,
            address(scratch[worker]), wide * size, address(y) + (a * out * chans + c) * size,
        )  # fmt: skip
