"""The panels of a convolution's filters: how wide each is, and how they are written.

A panel holds the columns that one tile computes, in the order in which the tile reads them.  With
one term of the sum at a time it has a row of columns for each; with two (`_pair_tile`) a row for
each two neighbours, the two numbers of a column side by side, and where a run of the sum has an odd
number of terms a zero beside the last.  Beyond the last column panels are zero.
"""

from __future__ import annotations

from typing import NamedTuple

from ._jit import device
from ._lanes import PAIRED_TRIPLE, TAIL, WIDE
from ._pair_tile import paired
from ._register_tile import columns, columns_of
from ._simd import address, itemsize, lanes, load, move, number, store_whole
from ._window import copy, copy_strided, fill


class Panel(NamedTuple):
    """Columns in so many vectors, for ``terms`` terms of the sum each."""

    vecs: int
    terms: int

    def columns(self, itemsize: int) -> int:
        return self.vecs * columns_of(TAIL, itemsize) // self.terms

    def rows(self, run: int) -> int:
        """Of the panel, for a run of so many terms."""
        return -(-run // self.terms)


WIDE_VECS = WIDE.vecs
WHOLE = Panel(WIDE_VECS, 1)
_SHAPES = [WHOLE, Panel(1, 1), Panel(1, 2), Panel(2, 2), *([Panel(3, 2)] if PAIRED_TRIPLE else [])]
MOST_VECS = max(panel.vecs for panel in _SHAPES)


def panels_of(cols: int, run: int, itemsize: int) -> tuple[int, Panel]:
    """How many panels are `WHOLE` for so many columns, of sums that consist of runs, and the last.

    That is the one that takes the least time: a row of its tile takes the multiply-adds or the
    loads of a term, whichever are more.
    """
    wide = WHOLE.columns(itemsize)
    whole = max(0, cols - 1) // wide

    def steps(panel: Panel) -> float:
        return panel.rows(run) * max(panel.vecs, 1 + panel.vecs / WIDE.rows)

    able = [panel for panel in _SHAPES if whole * wide + panel.columns(itemsize) >= cols]
    return whole, min(able, key=steps)


@device
def find_panel(like, q, whole, last):
    """Panel q of a group: (first column, vectors, terms); behind ``whole`` ones is one of (vectors,
    terms) ``last``.
    """
    column = q * columns(WIDE, like)
    if q < whole:
        return column, WIDE_VECS, 1
    return column, last[0], last[1]


@device
def write_tap(like, target, panel, w, tap, group, sizes, first, run):
    """Write the rows of a panel that one tap of w (taps, C, F) makes, from term ``first`` of a run.

    ``panel`` is (first column, vectors, terms), and ``sizes`` (terms of a tap, columns, reversed)
    of a group: columns are filters and terms channels, or the other way round if reversed.  The
    rows of one term go to ``target``; those of pairs to where they lie in the run that has its
    panel there.
    """
    column, vecs, terms = panel
    depth, cols, turned = sizes
    size, n_filt, width = itemsize(like), w.shape[2], vecs * lanes(like) // terms
    start = address(w) + (tap * depth * n_filt + group * cols + column) * size
    row_step, column_step = n_filt * size, size
    if turned:
        start = address(w) + ((tap * cols + column) * n_filt + group * depth) * size
        row_step, column_step = size, n_filt * size
    count = min(width, cols - column)
    if terms == 1:
        write_panel_rows(like, target, width, start, row_step, column_step, depth, count)
    else:
        write_paired_rows(
            like, target, width, start, row_step, column_step, depth, count, first, run
        )


@device
def write_bias(like, target, bias, groups, cols, width):
    """The bias of each group, or zeros where there is none, in ``width`` numbers each."""
    for g in range(groups):
        if len(bias):
            copy(like, target, address(bias) + g * cols * itemsize(like), cols, width)
        else:
            fill(like, target, number(like, 0), width)
        target += width * itemsize(like)


@device
def write_panel_rows(like, target, width, start, row_step, column_step, rows, cols):
    """Write rows of a panel to an address: ``cols`` numbers each, then zeros up to ``width``.

    The element [r, c] is at address start + r*row_step + c*column_step.
    """
    size = itemsize(like)
    for r in range(rows):
        at = target + r * width * size
        if column_step == size:
            copy(like, at, start + r * row_step, cols, width)
        else:
            copy_strided(like, at, start + r * row_step, column_step, cols, width)


@device
def write_paired_rows(like, target, width, start, row_step, column_step, rows, cols, first, run):
    """As `write_panel_rows`, for the terms from ``first`` on of a run that has its panel there."""
    size = itemsize(like)
    r = 0
    while r < rows:
        term = first + r
        row = target + (term // 2 * width * 2 + term % 2) * size
        alone = term + 1 == run
        if column_step == size and term % 2 == 0 and (alone or r + 1 < rows):
            _write_pair(like, row, width, start + r * row_step, row_step, cols, alone)
            r += 2
            continue
        for c in range(width):
            if c < cols:
                move(like, row + 2 * c * size, start + r * row_step + c * column_step)
            else:
                fill(like, row + 2 * c * size, number(like, 0), 1)
            if alone and term % 2 == 0:
                fill(like, row + (2 * c + 1) * size, number(like, 0), 1)
        r += 1


@device
def _write_pair(like, row, width, start, row_step, cols, alone):
    """A row of pairs; of zeros as seconds if the first term is ``alone``."""
    size, step = itemsize(like), lanes(like)
    for c in range(0, width, step):
        one = load(like, start + c * size, cols - c)
        two = load(like, start + row_step + c * size, 0 if alone else cols - c)
        store_whole(paired(one, two, 0), row + 2 * c * size)
        if 2 * (width - c) > step:
            store_whole(paired(one, two, 1), row + (2 * c + step) * size)
