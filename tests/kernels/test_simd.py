"""Vectors and tiles: what each intrinsic computes, and that none goes beyond its count."""

import sys

import numpy as np
import pytest

from dlarray.kernels._lanes import LANES, TAIL, THIN, WIDE
from dlarray.kernels._register_tile import (
    accumulate_tile,
    add_row,
    columns,
    rank1,
    store_tile,
    zero_tile,
)
from dlarray.kernels._simd import (
    add,
    address,
    fma,
    itemsize,
    keep_first,
    keep_positive,
    lane_sum,
    lanes,
    load,
    load_whole,
    mul,
    number,
    splat,
    store,
    store_whole,
    sub,
)
from dlarray.testing import TOLERANCES
from tests.kernels.alone import alone

GUARD = -77.0
SHAPES = {"wide": WIDE, "thin": THIN, "tail": TAIL}

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
all_shapes = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def width_of(dtype):
    return LANES * 4 // np.dtype(dtype).itemsize


def vector(rng, dtype):
    return rng.standard_normal(width_of(dtype)).astype(dtype)


@alone
def sizes(like):
    return itemsize(like), lanes(like), number(like, 3)


@alone
def copy_part(like, source, count, target):
    store(load(like, address(source), count), address(target), lanes(like))


@alone
def store_part(like, source, count, target):
    store(load_whole(like, address(source)), address(target), count)


@alone
def copy_whole(like, source, target):
    store_whole(load_whole(like, address(source)), address(target))


@alone
def arithmetic(like, a, b, c, results):
    x, y = load_whole(like, address(a)), load_whole(like, address(b))
    step = lanes(like) * itemsize(like)
    store_whole(add(x, y), address(results))
    store_whole(sub(x, y), address(results) + step)
    store_whole(mul(x, y), address(results) + 2 * step)
    store_whole(fma(x, y, load_whole(like, address(c))), address(results) + 3 * step)
    store_whole(splat(like, a[0]), address(results) + 4 * step)


@alone
def first_lanes(like, source, count, target):
    store_whole(keep_first(load_whole(like, address(source)), count), address(target))


@alone
def positive_lanes(like, sign, values, target):
    kept = keep_positive(load_whole(like, address(sign)), load_whole(like, address(values)))
    store_whole(kept, address(target))


@alone
def sum_of_lanes(like, source):
    return lane_sum(load_whole(like, address(source)))


def tile_functions(shape):
    """The columns of a tile of this shape, and its product of two matrices."""

    @alone
    def width(like):
        return columns(shape, like)

    @alone
    def product(like, a, a_step, b, bias, y, y_step, rows, cols, more):
        """y (+)= bias + sum over k of a[k + i*a_step] b[k, :]; steps in numbers."""
        size = itemsize(like)
        tile = zero_tile(shape, like)
        for k in range(len(b)):
            row = address(b) + k * b.shape[1] * size
            tile = rank1(tile, address(a) + k * size, a_step * size, row)
        tile = add_row(tile, address(bias))
        if more:
            accumulate_tile(tile, address(y), y_step * size, rows, cols)
        else:
            store_tile(tile, address(y), y_step * size, rows, cols)

    return width, product


FUNCTIONS = {shape: tile_functions(shape) for shape in SHAPES.values()}


@both_types
def test_sizes_are_those_of_the_type(dtype):
    size, lane_count, three = sizes(dtype(0))
    assert (size, lane_count, three) == (np.dtype(dtype).itemsize, width_of(dtype), 3)


@both_types
def test_load_reads_the_first_numbers_and_zeros_the_rest(dtype, rng):
    width = width_of(dtype)
    for count in range(-2, width + 3):
        source, target = vector(rng, dtype), np.full(width, GUARD, dtype)
        n = min(max(count, 0), width)
        source[n:] = np.nan
        copy_part(dtype(0), source, count, target)
        np.testing.assert_array_equal(target[:n], source[:n])
        np.testing.assert_array_equal(target[n:], 0)


@both_types
def test_store_writes_the_first_numbers_only(dtype, rng):
    width = width_of(dtype)
    for count in range(-2, width + 3):
        source, target = vector(rng, dtype), np.full(2 * width, GUARD, dtype)
        store_part(dtype(0), source, count, target)
        n = min(max(count, 0), width)
        np.testing.assert_array_equal(target[:n], source[:n])
        np.testing.assert_array_equal(target[n:], GUARD)


@both_types
def test_whole_vectors_need_no_alignment(dtype, rng):
    width = width_of(dtype)
    source, target = vector(rng, dtype), np.full(2 * width, GUARD, dtype)
    for offset in range(width):
        target[:] = GUARD
        copy_whole(dtype(0), source, target[offset:])
        np.testing.assert_array_equal(target[offset : offset + width], source)
        assert np.all(np.delete(target, np.s_[offset : offset + width]) == GUARD)


@both_types
def test_arithmetic(dtype, rng):
    a, b, c = (vector(rng, dtype) for _ in range(3))
    got = np.empty((5, width_of(dtype)), dtype)
    arithmetic(dtype(0), a, b, c, got)
    np.testing.assert_array_equal(got[:3], [a + b, a - b, a * b])
    np.testing.assert_allclose(got[3], a.astype(float) * b + c, rtol=0, atol=TOLERANCES[dtype])
    np.testing.assert_array_equal(got[4], a[0])


@both_types
def test_fma_rounds_once(dtype):
    width, tiny = width_of(dtype), np.finfo(dtype).eps
    a, b = np.full(width, 1 + tiny, dtype), np.full(width, 1 - tiny, dtype)
    got = np.empty((5, width), dtype)
    arithmetic(dtype(0), a, b, np.full(width, -1, dtype), got)
    np.testing.assert_array_equal(got[3], -dtype(tiny) * dtype(tiny))


@both_types
def test_keep_first(dtype, rng):
    width = width_of(dtype)
    for count in range(-1, width + 2):
        source, target = vector(rng, dtype), np.empty(width, dtype)
        n = min(max(count, 0), width)
        source[n:] = np.nan
        first_lanes(dtype(0), source, count, target)
        np.testing.assert_array_equal(target, np.where(np.arange(width) < n, source, 0))


@both_types
def test_keep_positive(dtype):
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, np.finfo(dtype).tiny, -1.0, 1.0]
    sign = np.resize(np.array(special, dtype), width_of(dtype))
    for value in (5.0, np.nan, np.inf):
        target = np.empty_like(sign)
        positive_lanes(dtype(0), sign, np.full_like(sign, value), target)
        np.testing.assert_array_equal(target, np.where(np.isnan(sign) | (sign > 0), value, 0))


@both_types
def test_lane_sum_is_pairwise(dtype, rng):
    source = vector(rng, dtype)
    want = source
    while len(want) > 1:
        want = want[: len(want) // 2] + want[len(want) // 2 :]
    assert sum_of_lanes(dtype(0), source) == want[0]


@both_types
def test_lane_sum_of_bad_numbers(dtype, rng):
    source = vector(rng, dtype)
    source[-1] = np.nan
    assert np.isnan(sum_of_lanes(dtype(0), source))
    source[-1] = -np.inf
    assert sum_of_lanes(dtype(0), source) == -np.inf


@all_shapes
@both_types
def test_a_tile_is_as_wide_as_its_vectors(shape, dtype):
    assert FUNCTIONS[shape][0](dtype(0)) == shape.vecs * width_of(dtype)


@pytest.mark.parametrize("more", [False, True], ids=["store", "accumulate"])
@all_shapes
@both_types
def test_a_tile_writes_its_rows_and_columns_only(shape, more, dtype, rng):
    rows, cols, depth = shape.rows, shape.vecs * width_of(dtype), 5
    product = FUNCTIONS[shape][1]
    a = rng.standard_normal((rows, depth + 2)).astype(dtype)
    b, bias = rng.standard_normal((depth, cols)).astype(dtype), rng.standard_normal(cols)
    bias = bias.astype(dtype)
    tile = a[:, :depth].astype(float) @ b + bias
    size = np.abs(a[:, :depth]).astype(float) @ np.abs(b) + np.abs(bias) + abs(GUARD)
    for n in (-1, 0, 1, rows // 2, rows, rows + 3):
        for m in (0, 1, cols // 2, cols - 1, cols, cols + 3):
            y = np.full((rows + 2, cols + 3), GUARD, dtype)
            product(dtype(0), a, a.shape[1], b, bias, y, y.shape[1], n, m, more)
            n_in, m_in = min(max(n, 0), rows), min(m, cols)
            inside = np.s_[:n_in, :m_in]
            want = tile[inside] + (GUARD if more else 0)
            assert np.all(np.abs(y[inside] - want) <= TOLERANCES[dtype] * size[inside])
            outside = np.ones(y.shape, bool)
            outside[inside] = False
            assert np.all(y[outside] == GUARD)


@all_shapes
@both_types
def test_a_bad_number_stays_in_its_row_of_a_tile(shape, dtype, rng):
    cols = shape.vecs * width_of(dtype)
    a, b = rng.standard_normal((shape.rows, 3)).astype(dtype), np.ones((3, cols), dtype)
    a[1, 2] = np.nan
    y = np.zeros((shape.rows, cols), dtype)
    bias = np.zeros(cols, dtype)
    FUNCTIONS[shape][1](dtype(0), a, 3, b, bias, y, cols, shape.rows, cols, False)
    np.testing.assert_array_equal(np.isnan(y).all(1), np.isnan(y).any(1))
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(y[:, 0])), [1])


FENCED = """
import ctypes, mmap, sys
import numpy as np

PAGE, NO_ACCESS = mmap.PAGESIZE, 0
protect = ctypes.CDLL(None, use_errno=True).mprotect
memory = []


def fenced(array, at_end):
    "A copy that ends (or begins) at a page that can be neither read nor written."
    array = np.ascontiguousarray(array)
    pages = -(-array.nbytes // PAGE) + 2
    memory.append(mmap.mmap(-1, pages * PAGE))
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory[-1]))
    for page in (start, start + (pages - 1) * PAGE):
        assert protect(ctypes.c_void_p(page), PAGE, NO_ACCESS) == 0
    offset = (pages - 1) * PAGE - array.nbytes if at_end else PAGE
    copy = np.frombuffer(memory[-1], array.dtype, array.size, offset).reshape(array.shape)
    copy[...] = array
    return copy


rng = np.random.default_rng(0)
"""

FENCED_KERNELS = """
from itertools import product
from dlarray.kernels import (
    INCLUDE_EDGE, SCALAR, Geometry, conv_forward, conv_grad_w, conv_grad_x, dropout,
    AdamStep, adam, crosschannelnorm_backward, crosschannelnorm_forward, crossentropy_forward,
    crossentropy_grad, erf, gelu_forward, gelu_grad, groupnorm_backward, groupnorm_forward,
    layernorm_backward, layernorm_forward, leakyrelu_grad, max_axis, page_matmul, relu_forward,
    relu_grad, rmsprop, sgdm, sigmoid_forward, softmax_forward, softmax_grad,
)
from dlarray.kernels._weight_gradient import CHUNK
from dlarray.kernels._lanes import LANES, MR
from dlarray.kernels.reduce import sum_rows

for dtype, at_end in product((np.float32, np.float64), (True, False)):
    def draw(*shape):
        return fenced(rng.standard_normal(shape).astype(dtype), at_end)

    for n_out, chans, n_filt, k_size, stride, dilation, left, mode in product(
        (1, MR + 1, CHUNK, CHUNK + 1), (1, 3), (1, LANES + 1), (1, 3), (1, 4), (1, 2), (0, 1),
        (SCALAR, INCLUDE_EDGE),
    ):
        geometry = Geometry(stride, dilation, left, left, mode)
        length = (n_out - 1) * stride + (k_size - 1) * dilation + 1 - 2 * left
        if length < 1:
            continue
        x, w = draw(2, length, chans), draw(k_size, chans, n_filt)
        dy, bias = draw(2, n_out, n_filt), draw(n_filt)
        conv_forward(x, w, bias, (geometry,))
        conv_grad_x(dy, w, (length,), (geometry,))
        conv_grad_w(x, dy, (k_size,), (geometry,))
        memory.clear()
    for lines, groups, chans, n_filt, k_size, left in product(
        (1, 3), (1, 2), (1, 3), (1, LANES + 1), (1, 2), (0, 1)
    ):
        moves = Geometry(1, 1, left, left), Geometry(2, 1, left, left, INCLUDE_EDGE)
        length = 2 * lines + k_size
        x, w = draw(3, 4, length, chans * groups), draw(k_size, k_size, chans, n_filt * groups)
        y = conv_forward(x, w, draw(n_filt * groups), moves, True)
        dy = fenced(y, at_end)
        conv_grad_x(dy, w, (4, length), moves, groups)
        conv_grad_w(x, dy, (k_size, k_size), moves, groups)
        memory.clear()
    for rows, depth, cols in product((1, MR - 1, MR + 1), (1, 3), (1, LANES - 1, 3 * LANES + 1)):
        a, b = draw(2, rows, depth), draw(2, depth, cols)
        page_matmul(a, b)
        page_matmul(a, b[:1])
        page_matmul(b.swapaxes(1, 2), a.swapaxes(1, 2), order=(0, 2, 1))
        memory.clear()
    for n in (1, 3, LANES - 1, LANES + 1, 3 * LANES + 5, 4 * LANES):
        x, dy, scale, offset = draw(3, 2, n), draw(3, 2, n), draw(n), draw(n)
        _, stats = groupnorm_forward(x, scale, offset, n, 1e-5)
        groupnorm_backward(dy, x, scale, fenced(stats, at_end), 1e-5)
        rows, slopes = draw(35, n), draw(35, n)
        _, stats = layernorm_forward(rows, scale, offset, 1e-5)
        layernorm_backward(slopes, rows, scale, fenced(stats, at_end))
        _, d = crosschannelnorm_forward(rows, 2, 2, 0.1, 0.75, 2.0)
        crosschannelnorm_backward(slopes, rows, fenced(d, at_end), 2, 2, 0.1, 0.75)
        relu_grad(dy, relu_forward(x))
        dropout(x, 0.5, 1)
        max_axis(x, 1)
        sum_rows(x)
        leakyrelu_grad(dy, x, 0.1)
        gelu_grad(dy, gelu_forward(sigmoid_forward(erf(x)), False), True)
        softmax_grad(dy, fenced(softmax_forward(x), at_end))
        crossentropy_forward(x, dy, True)
        crossentropy_grad(dy[:1, :1, :1], x, dy, False)
        adam(x, dy, x, dy, AdamStep(0.1, 0.9, 0.99, 1e-8))
        rmsprop(x, dy, x, 0.1, 0.9, 1e-8)
        sgdm(x, dy, x, 0.1, 0.9)
print("done")
"""

FENCED_INTRINSICS = """
from tests.kernels import test_simd as simd

for dtype in (np.float32, np.float64):
    width = simd.width_of(dtype)
    plain = np.zeros(width, dtype)
    for count in range(width + 1):
        part = fenced(rng.standard_normal(max(1, count)).astype(dtype), True)[:count]
        simd.copy_part(dtype(0), part, count, plain)
        simd.store_part(dtype(0), plain, count, part)
    for shape in simd.SHAPES.values():
        cols = shape.vecs * width
        a, b = np.ones((shape.rows, 3), dtype), np.ones((3, cols), dtype)
        a, b, bias = fenced(a, True), fenced(b, True), fenced(b[0], True)
        for rows, part, more in ((1, 1, False), (2, cols - 1, True), (shape.rows, cols, False)):
            y = fenced(np.zeros((rows, part), dtype), True)
            simd.FUNCTIONS[shape][1](dtype(0), a, 3, b, bias, y, part, rows, part, more)
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
@pytest.mark.parametrize("code", [FENCED_KERNELS, FENCED_INTRINSICS], ids=["kernels", "intrinsics"])
def test_nothing_is_touched_beyond_an_array(code, run_python):
    done = run_python(FENCED + code)
    assert done.stdout == "done\n", f"exit status {done.returncode}\n{done.stderr}"
