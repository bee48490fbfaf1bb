"""Random convolutions against the float64 references and, where it has the options, PyTorch."""

import numpy as np
import pytest

from dlarray.kernels import EXCLUDE_EDGE, INCLUDE_EDGE, REPLICATE, SCALAR, Geometry
from tests.kernels.convolutions import all_three, draw, magnitudes, references

# Of the sum of |x| |w| that makes an element. The largest differences in these tests are 2.8e-7 and
# 5.0e-16; rounding adds up with the length of a sum, so that other sums than these need some room.
BOUNDS = {np.float32: 1e-6, np.float64: 1e-14}
LENGTHS = {1: 200, 2: 20, 3: 8}


def problem(rng):
    """Movements, sizes and groups: any number of dimensions, padding, stride and dilation."""
    n, mode = (
        int(rng.integers(1, 4)),
        int(rng.choice((SCALAR, SCALAR, INCLUDE_EDGE, EXCLUDE_EDGE, REPLICATE))),
    )
    value = float(rng.choice((0.0, -1.5))) if mode == SCALAR else 0.0
    moves, lengths, taps = [], [], []
    for _ in range(n):
        length, k_size = int(rng.integers(1, LENGTHS[n])), int(rng.integers(1, 6))
        dilation, stride = (int(rng.integers(1, 4)) for _ in range(2))
        most = {INCLUDE_EDGE: length, EXCLUDE_EDGE: length - 1}.get(mode, 6)
        sides = [int(rng.integers(0, min(most, 6) + 1)) for _ in range(2)]
        while (k_size - 1) * dilation + 1 > length + sum(sides):
            k_size, dilation = max(1, k_size - 1), 1
        moves.append(Geometry(stride, dilation, sides[0], sides[1], mode, value))
        lengths.append(length)
        taps.append(k_size)
    groups = int(rng.choice((1, 1, 1, 2, 3, 5)))
    chans, n_filt = groups * int(rng.integers(1, 12)), groups * int(rng.integers(1, 50))
    sizes = int(rng.integers(1, 6)), tuple(lengths), chans, tuple(taps), n_filt, groups
    return tuple(moves), sizes


def assert_agrees(rng, dtype):
    moves, sizes = problem(rng)
    arrays = draw(rng, moves, dtype, *sizes)
    groups = sizes[-1]
    wanted = references(moves, groups, *arrays)
    scales = references(magnitudes(moves), groups, *map(np.abs, arrays))
    for got, want, scale in zip(all_three(moves, groups, *arrays), wanted, scales, strict=True):
        assert got.dtype == dtype
        assert np.all(np.abs(got - want) <= BOUNDS[dtype] * scale), (moves, sizes)


@pytest.mark.parametrize("dtype", BOUNDS, ids=lambda d: d.__name__)
@pytest.mark.parametrize("seed", range(10))
def test_random_convolutions(seed, dtype):
    rng = np.random.default_rng(seed)
    for _ in range(5):
        assert_agrees(rng, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", BOUNDS, ids=lambda d: d.__name__)
@pytest.mark.parametrize("seed", range(100, 120))
def test_two_thousand_random_convolutions(seed, dtype):
    rng = np.random.default_rng(seed)
    for _ in range(50):
        assert_agrees(rng, dtype)


def torch_results(torch, moves, groups, x, w, bias, dy):
    """The result and the gradients of x and w, in our order of axes."""
    n = len(moves)
    first = (0, n + 1, *range(1, n + 1))
    tx, tw = (
        torch.tensor(a.transpose(order).copy()).requires_grad_()
        for a, order in ((x, first), (w, (n + 1, n, *range(n))))
    )
    sides = [side for move in moves[::-1] for side in (move.left, move.right)]
    padded = torch.nn.functional.pad(tx, sides, value=moves[0].value)
    function = getattr(torch.nn.functional, f"conv{n}d")
    options = {
        "stride": [move.stride for move in moves],
        "dilation": [move.dilation for move in moves],
        "groups": groups,
    }
    y = function(padded, tw, torch.tensor(bias), **options)
    y.backward(torch.tensor(dy.transpose(first).copy()))
    last = (0, *range(2, n + 2), 1)
    return (
        y.detach().numpy().transpose(last),
        tx.grad.numpy().transpose(last),
        tw.grad.numpy().transpose(*range(2, n + 2), 1, 0),
    )


@pytest.mark.torch
@pytest.mark.parametrize("seed", range(8))
def test_random_convolutions_match_pytorch(seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1000 + seed)
    compared = 0
    while compared < 5:
        moves, sizes = problem(rng)
        if moves[0].mode != SCALAR:
            continue
        arrays = draw(rng, moves, np.float64, *sizes)
        groups = sizes[-1]
        scales = references(magnitudes(moves), groups, *map(np.abs, arrays))
        wanted = torch_results(torch, moves, groups, *arrays)
        for got, want, scale in zip(all_three(moves, groups, *arrays), wanted, scales, strict=True):
            assert np.all(np.abs(got - want) <= BOUNDS[np.float64] * scale), (moves, sizes)
        compared += 1
