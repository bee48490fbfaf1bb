"""Tiles of pairs, and the panels that they read."""

import numpy as np
import pytest

from dlarray.kernels._lanes import DOUBLED_TRIPLE, LANES, PAIRED, PAIRED_TRIPLE, PAIRED_WIDE
from dlarray.kernels._pair_tile import added_pairs, paired, parted, rank2, rank2_first
from dlarray.kernels._panels import WHOLE, Panel, panels_of, write_paired_rows
from dlarray.kernels._register_tile import columns, store_tile, zero_tile
from dlarray.kernels._simd import address, itemsize, load_whole, store_whole
from dlarray.kernels._tiles import doubled, weight_panel_width, write_weight_row
from dlarray.testing import TOLERANCES
from tests.kernels.alone import alone

GUARD = -77.0
SHAPES = {
    "one": PAIRED,
    "two": PAIRED_WIDE,
    **({"three": PAIRED_TRIPLE} if PAIRED_TRIPLE else {}),
}

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
all_shapes = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def half_of(dtype):
    """Columns of a vector of pairs."""
    return LANES * 2 // np.dtype(dtype).itemsize


def product_of(shape):
    """The product of two matrices by a tile of pairs, as a function of all that it reads."""

    @alone
    def product(like, a, a_step, run, panel, y, y_step, rows, cols):
        """y = a @ b for ``run`` terms; the panel of b as `write_paired_rows` leaves it."""
        size = itemsize(like)
        tile = zero_tile(shape, like)
        row = address(panel)
        for k in range(run // 2):
            tile = rank2(tile, address(a) + 2 * k * size, a_step * size, row)
            row += columns(shape, like) * size
        if run % 2:
            tile = rank2_first(tile, address(a) + (run - 1) * size, a_step * size, row)
        store_tile(added_pairs(tile), address(y), y_step * size, rows, cols)

    return product


DOUBLED = alone(lambda like, cols: doubled(cols, like))
PRODUCTS = {shape: product_of(shape) for shape in SHAPES.values()}


@alone
def write(like, panel, width, b, row_step, column_step, rows, cols, first, run):
    size = itemsize(like)
    write_paired_rows(
        like, address(panel), width, address(b), row_step * size, column_step * size,
        rows, cols, first, run,
    )  # fmt: skip


@alone
def halves(like, a, b, target):
    one, two = load_whole(like, address(a)), load_whole(like, address(b))
    step = len(a) * itemsize(like)
    store_whole(paired(one, two, 0), address(target))
    store_whole(paired(one, two, 1), address(target) + step)


def panel_of(b, width):
    """The panel of b (run, columns), from its definition."""
    run, cols = b.shape
    padded = np.zeros((run + run % 2, width), b.dtype)
    padded[:run, :cols] = b
    return padded.reshape(-1, 2, width).swapaxes(1, 2).ravel()


@both_types
def test_neighbours_come_from_two_vectors(dtype, rng):
    a, b = rng.standard_normal((2, 2 * half_of(dtype))).astype(dtype)
    got = np.empty(2 * len(a), dtype)
    halves(dtype(0), a, b, got)
    np.testing.assert_array_equal(got, np.stack((a, b), 1).ravel())


@pytest.mark.parametrize("run", [1, 2, 3, 8, 9])
@all_shapes
@both_types
def test_a_tile_multiplies_by_pairs(shape, run, dtype, rng):
    width = shape.vecs * half_of(dtype)
    a = rng.standard_normal((shape.rows, run)).astype(dtype)
    for cols in (1, width // 2 + 1, width):
        b = rng.standard_normal((run, cols)).astype(dtype)
        y = np.full((shape.rows, cols + 1), GUARD, dtype)
        panel = panel_of(b, width)
        PRODUCTS[shape](dtype(0), a, run, run, panel, y, cols + 1, shape.rows, cols)
        scale = np.abs(a).astype(float) @ np.abs(b)
        assert np.all(np.abs(y[:, :cols] - a.astype(float) @ b) <= TOLERANCES[dtype] * scale)
        assert np.all(y[:, cols] == GUARD)


@all_shapes
@both_types
def test_a_last_single_term_reads_nothing_else_and_leaves_inf(shape, dtype):
    a = np.array([[1, 1, np.inf, np.nan]] * shape.rows, dtype)
    b = np.full((3, shape.vecs * half_of(dtype)), 2, dtype)
    y = np.empty((shape.rows, b.shape[1]), dtype)
    PRODUCTS[shape](dtype(0), a, 4, 3, panel_of(b, b.shape[1]), y, b.shape[1], *y.shape)
    assert np.all(y == np.inf)


@alone
def outer(like, a, b, cols, row, y):
    """y = a[:, None] * b of ``cols`` numbers, by a tile with rows side by side; ``row`` is scratch
    of the width of a panel.
    """
    size = itemsize(like)
    vector = weight_panel_width(cols, like) // 3 * size
    one, two = load_whole(like, address(b)), load_whole(like, address(b) + vector)
    write_weight_row(like, one, two, cols, address(row))
    tile = rank2(zero_tile(DOUBLED_TRIPLE, like), address(a), 2 * size, address(row))
    store_tile(parted(tile), address(y), y.shape[1] * size, y.shape[0], cols)


@both_types
def test_rows_side_by_side_come_apart(dtype, rng):
    a = rng.standard_normal(2 * DOUBLED_TRIPLE.rows).astype(dtype)
    b = rng.standard_normal(4 * half_of(dtype)).astype(dtype)
    for cols in (2 * half_of(dtype) + 1, 3 * half_of(dtype)):
        y = np.full((len(a), cols + 1), GUARD, dtype)
        outer(dtype(0), a, b, cols, np.empty(6 * half_of(dtype), dtype), y)
        np.testing.assert_array_equal(y[:, :cols], a[:, None] * b[:cols])
        assert np.all(y[:, cols] == GUARD)


@both_types
def test_which_columns_are_doubled(dtype):
    half = half_of(dtype)
    found = [cols for cols in range(1, 5 * half) if DOUBLED(dtype(0), cols)]
    assert found == list(range(2 * half + 1, 3 * half + 1))


@pytest.mark.parametrize("together", [True, False], ids=["rows together", "columns together"])
@pytest.mark.parametrize(("taps", "depth"), [(1, 6), (1, 5), (3, 4), (3, 3), (4, 1)])
@pytest.mark.parametrize("halves", [1, 2, 3])
@both_types
def test_panels_are_written_tap_by_tap(together, taps, depth, halves, dtype, rng):
    width = halves * half_of(dtype)
    run = taps * depth
    for cols in (1, width // 2 + 1, width):
        b = rng.standard_normal((run, cols)).astype(dtype)
        stored = b.copy() if together else b.T.copy()
        want = panel_of(b, width)
        got = np.full(len(want) + 1, GUARD, dtype)
        for k in reversed(range(taps)):
            row_step, column_step = (cols, 1) if together else (1, run)
            start = stored.ravel()[k * depth * row_step :]
            write(
                dtype(0), got, width, start, row_step, column_step, depth, cols, k * depth, run
            )  # fmt: skip
        np.testing.assert_array_equal(got[:-1], want)
        assert got[-1] == GUARD


@pytest.mark.parametrize("itemsize", [4, 8])
def test_panels_hold_all_columns(itemsize):
    half = LANES * 2 // itemsize
    for cols in range(1, 12 * LANES):
        whole, last = panels_of(cols, 24, itemsize)
        before = whole * WHOLE.columns(itemsize)
        assert before < cols <= before + last.columns(itemsize)
        assert before + last.columns(itemsize) - cols < half * (1 if PAIRED_TRIPLE else 2)


def test_a_sum_of_one_term_has_no_pairs():
    assert panels_of(LANES // 2, 1, 4)[1].terms == panels_of(LANES, 1, 4)[1].terms == 1
    assert panels_of(LANES, 24, 4) == (0, Panel(2, 2))
    assert panels_of(3 * LANES, 24, 4) == (1, Panel(2, 2))
