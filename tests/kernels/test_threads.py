"""The number of threads changes no bit of a result."""

import importlib
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numba
import numpy as np
import pytest

from dlarray import kernels
from dlarray.kernels import AdamStep, Geometry
from dlarray.kernels._few_columns import few_forward, few_grad_x
from dlarray.kernels._few_filters import few_grad_w
from dlarray.kernels._jit import workers
from dlarray.kernels.depthwise import depthwise_forward, depthwise_grad_w, depthwise_grad_x
from dlarray.kernels.threads import threads
from dlarray.testing import TOLERANCES

GEOMETRY = Geometry(2, 3, 5, 4)
ONE_STEP = Geometry(1, 1, 2, 2)
STEP = AdamStep(0.01, 0.9, 0.999, 1e-8)
MODULES = (
    "_depthwise_weights",
    "_few_columns",
    "_few_filters",
    "_map",
    "activation",
    "avgpool",
    "_correlate",
    "_weight_gradient",
    "_winograd_gradient",
    "convolution",
    "crosschannelnorm",
    "crossentropy",
    "depthwise",
    "dropout",
    "groupnorm",
    "layernorm",
    "matmul",
    "maxpool",
    "reduce",
    "softmax",
    "update",
)
THREADS = 2
ODD_SPLITS = (2, 3, 7, 64)

needs_threads = pytest.mark.skipif(
    numba.config.NUMBA_NUM_THREADS < THREADS, reason="Numba may use one thread only"
)
both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


def normal(rng, dtype, *shape):
    return rng.standard_normal(shape).astype(dtype)


def conv1d_forward(rng, dtype, scale):
    x, w = normal(rng, dtype, 3 * scale, 301, 33), normal(rng, dtype, 5, 33, 70)
    return lambda: [kernels.conv_forward(x, w, w[0, 0], (GEOMETRY,))]


def conv1d_grad_x(rng, dtype, scale):
    dy, w = normal(rng, dtype, 3 * scale, 150, 33), normal(rng, dtype, 5, 20, 33)
    return lambda: [kernels.conv_grad_x(dy, w, (302,), (GEOMETRY,))]


def conv1d_grad_x_mirrored(rng, dtype, scale):
    dy, w = normal(rng, dtype, 9 * scale, 150, 33), normal(rng, dtype, 5, 20, 33)
    mirrored = GEOMETRY._replace(mode=kernels.INCLUDE_EDGE)
    return lambda: [kernels.conv_grad_x(dy, w, (302,), (mirrored,))]


def conv1d_grad_w(rng, dtype, scale):
    x, dy = normal(rng, dtype, 3 * scale, 301, 33), normal(rng, dtype, 3 * scale, 149, 70)
    with_bias = kernels.conv_grad_w_call(x.shape, dy.shape, (5,), (GEOMETRY,), 1, True, x.itemsize)
    return lambda: [kernels.conv_grad_w(x, dy, (5,), (GEOMETRY,)), with_bias(x, dy)]


def conv_of_groups(rng, dtype, scale):
    """Two dimensions, three groups, and lines shorter than a tile."""
    moves = Geometry(1, 1, 1, 1), Geometry(1, 2, 2, 1)
    x, w = normal(rng, dtype, 4 * scale, 31, 7, 18), normal(rng, dtype, 3, 2, 6, 51)
    dy = normal(rng, dtype, 4 * scale, 31, 8, 51)
    return lambda: [
        kernels.conv_forward(x, w, w[0, 0, 0], moves, relu=True),
        kernels.conv_grad_x(dy, w, (31, 7), moves, 3),
        kernels.conv_grad_w(x, dy, (3, 2), moves, 3),
    ]


def fewer_products(rng, dtype, scale):
    """Three groups of taps and a rest, two lines of a dilation, and panels that workers share."""
    move = (Geometry(1, 2, 9, 9),)
    x, w = normal(rng, dtype, 2 * scale, 301, 64), normal(rng, dtype, 10, 64, 70)
    dy = normal(rng, dtype, 2 * scale, 301, 70)
    return lambda: [
        kernels.conv_forward(x, w, w[0, 0], move, relu=True),
        kernels.conv_grad_x(dy, w, (301,), move),
        kernels.conv_grad_wb(x, dy, (10,), move),
    ]


def page_matmul(rng, dtype, scale):
    """Pages each with panels of their own, and one page of panels for all."""
    a, b = normal(rng, dtype, 3, 61 * scale, 35), normal(rng, dtype, 3, 35, 41)
    return lambda: [kernels.page_matmul(a, b), kernels.page_matmul(a, b[1:2])]


def channelwise(rng, dtype, scale):
    x, w = normal(rng, dtype, 3 * scale, 401, 20), normal(rng, dtype, 5, 20)
    dy = normal(rng, dtype, 3 * scale, 199, 20)
    return lambda: [
        depthwise_forward(x, w, w[0], GEOMETRY),
        depthwise_grad_x(dy, w, 401, GEOMETRY),
        depthwise_grad_w(x, dy, 5, GEOMETRY),
        depthwise_forward(x, w, None, ONE_STEP, relu=True),
        depthwise_grad_w(x, x, 5, ONE_STEP, True),
    ]


def few_columns(rng, dtype, scale):
    x, w = normal(rng, dtype, 3 * scale, 401, 20), normal(rng, dtype, 5, 20, 3)
    dy = normal(rng, dtype, 3 * scale, 199, 3)
    return lambda: [
        few_forward(x, w, w[0, 0], GEOMETRY),
        few_grad_x(x, w.swapaxes(1, 2), 801, GEOMETRY),
        few_grad_w(x, dy, 5, GEOMETRY),
    ]


def layernorm(rng, dtype, scale):
    x, dy = (normal(rng, dtype, 2050 * scale, 19) for _ in range(2))
    gain, offset = normal(rng, dtype, 19), normal(rng, dtype, 19)

    def run():
        y, stats = kernels.layernorm_forward(x, gain, offset, 1e-5)
        return [y, stats, *kernels.layernorm_backward(dy, x, gain, stats)]

    return run


def groupnorm(rng, dtype, scale):
    x, dy = (normal(rng, dtype, 3, 700 * scale, 20) for _ in range(2))
    gain, offset = normal(rng, dtype, 20), normal(rng, dtype, 20)

    def run():
        y, stats = kernels.groupnorm_forward(x, gain, offset, 5, 1e-5)
        return [y, stats, *kernels.groupnorm_backward(dy, x, gain, stats, 1e-5)]

    return run


def batchnorm(rng, dtype, scale):
    x, dy = (normal(rng, dtype, 2011 * scale, 21) for _ in range(2))
    gain, offset = normal(rng, dtype, 21), normal(rng, dtype, 21)

    def run():
        stats = kernels.batch_statistics(x)
        y = kernels.batchnorm_forward(x, stats, gain, offset, 1e-5)
        sums = kernels.batchnorm_sums(dy, x, stats, 1e-5)
        return [stats, y, sums, *kernels.batchnorm_backward(dy, x, stats, gain, 1e-5)]

    return run


def crosschannelnorm(rng, dtype, scale):
    x, dy = (normal(rng, dtype, 301 * scale, 19) for _ in range(2))

    def run():
        y, d = kernels.crosschannelnorm_forward(x, 2, 2, 0.1, 0.75, 2.0)
        return [y, d, kernels.crosschannelnorm_backward(dy, x, d, 2, 2, 0.1, 0.75)]

    return run


def sum_axes(rng, dtype, scale):
    x = normal(rng, dtype, 7, 5000 * scale, 13)
    return lambda: [kernels.sum_axes(x, (1,)), kernels.sum_axes(x, (0, 1))]


def relu(rng, dtype, scale):
    x, dy = (normal(rng, dtype, 40_001 * scale) for _ in range(2))

    def run():
        y = kernels.relu_forward(x)
        return [y, kernels.relu_grad(dy, y)]

    return run


def dropout(rng, dtype, scale):
    x = normal(rng, dtype, 40_001 * scale)
    return lambda: [kernels.dropout(x, 0.3, 7)]


def max_axis(rng, dtype, scale):
    x = normal(rng, dtype, 31 * scale, 100, 13)

    def run():
        y, index = kernels.max_axis(x, 1)
        return [y, index, kernels.max_axis_grad(y, index, 1, 100)]

    return run


MOVES = ((2, 2, 1, 0), (3, 1, 1, 1), (5, 3, 2, 2), (90, 1, 9, 0), (60, 2, 0, 0), (3, 4, 0, 0))


def maxpool(rng, dtype, scale):
    wide, narrow = normal(rng, dtype, 3, 101 * scale, 33), normal(rng, dtype, 3, 101 * scale, 3)

    def run():
        results = []
        for x, (k, stride, left, right) in product((wide, narrow), MOVES):
            y, index = kernels.maxpool_forward(x, 1, k, stride, left, right)
            dx = kernels.maxpool_grad(y, index, 1, x.shape[1], k, stride, left)
            results += [y, index, dx, kernels.maxpool_pick(x, index, 1, stride, left)]
        return results

    return run


def avgpool(rng, dtype, scale):
    wide, narrow = normal(rng, dtype, 3, 101 * scale, 33), normal(rng, dtype, 3, 101 * scale, 3)

    def run():
        results = []
        for x, (k, stride, left, right) in product((wide, narrow), MOVES):
            for mean in (False, True):
                y = kernels.avgpool_forward(x, 1, k, stride, left, right, mean)
                results += [y, kernels.avgpool_grad(y, 1, x.shape[1], k, stride, left, mean)]
        return results

    return run


def updates(rng, dtype, scale):
    p, g, m, v = (normal(rng, dtype, 40_001 * scale) for _ in range(4))
    return lambda: [
        *kernels.adam(p, g, m, v * v, STEP),
        *kernels.sgdm(p, g, v, 0.01, 0.9),
        *kernels.rmsprop(p, g, v * v, 0.01, 0.9, 1e-8),
    ]


def activations(rng, dtype, scale):
    x, dy = (normal(rng, dtype, 40_001 * scale) for _ in range(2))

    def run():
        y = kernels.sigmoid_forward(x)
        slopes = [kernels.sigmoid_grad(dy, y), kernels.leakyrelu_grad(dy, x, 0.1)]
        return [y, *slopes, kernels.gelu_forward(x, False), kernels.gelu_grad(dy, x, False)]

    return run


def softmax(rng, dtype, scale):
    x, dy = (normal(rng, dtype, 1201 * scale, 33) for _ in range(2))

    def run():
        y = kernels.softmax_forward(x)
        return [y, kernels.softmax_grad(dy, y)]

    return run


def crossentropy(rng, dtype, scale):
    y = rng.uniform(0.1, 0.9, (1201 * scale, 33)).astype(dtype)
    one = np.ones((1, 1), dtype)

    def run():
        total = kernels.crossentropy_forward(y, y, False)
        return [total, kernels.crossentropy_grad(one, y, y, True)]

    return run


CASES = [
    conv1d_forward,
    conv1d_grad_x,
    conv1d_grad_x_mirrored,
    conv1d_grad_w,
    channelwise,
    few_columns,
    conv_of_groups,
    fewer_products,
    page_matmul,
    layernorm,
    groupnorm,
    batchnorm,
    crosschannelnorm,
    sum_axes,
    relu,
    dropout,
    max_axis,
    maxpool,
    avgpool,
    updates,
    activations,
    softmax,
    crossentropy,
]
all_cases = pytest.mark.parametrize("case", CASES, ids=lambda c: c.__name__)


def replace_workers(monkeypatch, count):
    """Let drivers ask ``count`` how many workers share a kernel."""
    for name in MODULES:
        module = importlib.import_module(f"dlarray.kernels.{name}")
        monkeypatch.setattr(module, "workers", count)


def with_threads(n, run):
    """Copies of what ``run`` returns with n threads."""
    with threads(n):
        return [result.copy() for result in run()]


def assert_same_bits(got, want):
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert a.tobytes() == b.tobytes()


@needs_threads
@all_cases
@both_types
def test_one_thread_and_two_give_the_same_bits(case, dtype, rng, monkeypatch):
    asked = []

    def count(**work):
        asked.append(workers(**work))
        return asked[-1]

    replace_workers(monkeypatch, count)
    run = case(rng, dtype, 20)
    serial = with_threads(1, run)
    assert set(asked) == {1}
    asked.clear()
    shared = with_threads(THREADS, run)
    assert max(asked) == THREADS
    assert_same_bits(shared, serial)


@pytest.mark.parametrize("split", ODD_SPLITS)
@all_cases
@both_types
def test_any_split_of_the_work_gives_the_same_bits(case, split, dtype, rng, monkeypatch):
    run = case(rng, dtype, 1)
    replace_workers(monkeypatch, lambda **work: 1)
    serial = [result.copy() for result in run()]
    replace_workers(monkeypatch, lambda **work: split)
    assert_same_bits(run(), serial)


TINY = {
    "depthwise_forward": lambda x, w: depthwise_forward(x, w[:, :, 0], None, ONE_STEP),
    "depthwise_grad_w": lambda x, w: depthwise_grad_w(x, x, 5, ONE_STEP),
    "few_forward": lambda x, w: few_forward(x, w, None, Geometry()),
    "few_grad_w": lambda x, w: few_grad_w(x, x, 1, Geometry()),
    "conv1d_forward": lambda x, w: kernels.conv_forward(x, w, None, (Geometry(),)),
    "conv1d_grad_x": lambda x, w: kernels.conv_grad_x(x, w.swapaxes(1, 2), (3,), (Geometry(),)),
    "conv1d_grad_w": lambda x, w: kernels.conv_grad_w(x, x, (1,), (Geometry(),)),
    "page_matmul": lambda x, w: kernels.page_matmul(x, w),
    "layernorm": lambda x, w: kernels.layernorm_forward(x[0], w[0, :, 0], w[0, :, 0], 1e-5)[0],
    "groupnorm": lambda x, w: kernels.groupnorm_forward(x, w[0, :, 0], w[0, :, 0], 2, 1e-5)[0],
    "relu": lambda x, w: kernels.relu_forward(x),
    "dropout": lambda x, w: kernels.dropout(x, 0.5, 1),
    "sigmoid": lambda x, w: kernels.sigmoid_forward(x),
    "softmax": lambda x, w: kernels.softmax_grad(x, kernels.softmax_forward(x)),
    "crossentropy": lambda x, w: kernels.crossentropy_forward(np.abs(x), x, False),
    "max_axis": lambda x, w: kernels.max_axis(x, 1)[0],
    "maxpool": lambda x, w: kernels.maxpool_grad(
        x[:, :2], *kernels.maxpool_forward(x, 1, 2, 1, 0, 0)[1:], 1, 3, 2, 1, 0
    ),
    "avgpool": lambda x, w: kernels.avgpool_forward(x, 1, 2, 1, 0, 0, False),
    "sgdm": lambda x, w: kernels.sgdm(x, x, x, 0.1, 0.9)[0],
}


@pytest.mark.parametrize("run", TINY.values(), ids=TINY)
def test_more_workers_than_elements(run, rng, monkeypatch):
    x, w = rng.standard_normal((1, 3, 2)), rng.standard_normal((1, 2, 1))
    replace_workers(monkeypatch, lambda **work: 1)
    serial = run(x, w).copy()
    replace_workers(monkeypatch, lambda **work: ODD_SPLITS[-1])
    assert_same_bits([run(x, w)], [serial])


def test_workers_shares_large_work_only():
    assert workers(flops=1.0) == 1
    assert workers(nbytes=1.0) == 1
    assert workers(flops=1e12) == numba.get_num_threads()
    assert workers(nbytes=1e12) == numba.get_num_threads()


@needs_threads
def test_workers_follows_the_thread_count():
    assert with_threads(1, lambda: [np.array(workers(flops=1e12))]) == [1]
    assert with_threads(THREADS, lambda: [np.array(workers(flops=1e12))]) == [THREADS]


@both_types
def test_calls_from_many_python_threads_give_the_same_bits(dtype, rng):
    cases = (conv1d_forward, conv1d_grad_w, relu, layernorm)
    runs = [case(rng, dtype, 4) for case in cases] * 4
    want = [[result.copy() for result in run()] for run in runs]
    with ThreadPoolExecutor(len(cases)) as pool:
        got = list(pool.map(lambda run: [result.copy() for result in run()], runs))
    for a, b in zip(got, want, strict=True):
        assert_same_bits(a, b)
