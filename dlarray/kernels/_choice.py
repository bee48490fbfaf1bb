"""Which convolutions over one dimension go to kernels of their own, by their sizes alone.

Channel-wise where every channel is a group with one filter.  With one channel and one filter too,
which is both a channel-wise and an ordinary convolution: 16000 outputs of 9 taps took 8 us channel
by channel, 17 us with vectors along the sum and 30 us in the general kernel, but with a stride of 4
36, 17 and 30 us.  The rules for few columns stand with their kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

from ._buffers import Array
from ._few_columns import few_columns_pay, few_forward, few_grad_x
from ._few_filters import few_filters_time, few_grad_w
from ._lanes import WIDE
from ._sources import Movement
from ._window import Geometry
from ._winograd import fewer_products_gain, filled
from .depthwise import depthwise_forward, depthwise_grad_w, depthwise_grad_x

# Products of positions and terms of a sum from which the weight gradient of few filters has its
# kernel: a call costs 6 to 8 us, one of the general kernel 2.7; with 25 000 both took 7 us for 4
# filters.  Results and input gradients have no such limit, 5 us against 3: a sequence's bits must
# not depend on how many others there are.
LEAST_WORK = 30_000

# From which gain on by the model of `fewer_products_gain` they are taken.  Results gain 5 to 10 %
# more than it says; weight gradients less, 0.95 to 1.11 on two threads and one where it says 1.17.
LEAST_GAIN, LEAST_GRADIENT_GAIN = 1.0, 1.2

# The share of the general kernel's time from which on few filters have their own.
CLEARLY = 0.9

Moves = tuple[Geometry, ...]
Forward = Callable[[Array, Array, Array | None, Geometry, bool], Array]
GradX = Callable[[Array, Array, int, Geometry], Array]
GradW = Callable[[Array, Array, int, Geometry, bool], Array]


def special_forward(chans: int, w: tuple[int, ...], moves: Moves, itemsize: int) -> Forward | None:
    """The kernel for x of so many channels and w (K, C/G, F), None for the general one."""
    if len(moves) > 1:
        return None
    taps, of_group, n_filt = w
    if _channelwise(chans, of_group, n_filt, moves[0]):
        return _depthwise_forward
    if of_group != chans:
        return None
    pays = few_columns_pay(n_filt, chans, taps, moves[0].dilation, itemsize, True)
    return few_forward if pays else None


def special_grad_x(chans: int, w: tuple[int, ...], moves: Moves, itemsize: int) -> GradX | None:
    """The kernel for dx of so many channels and w (K, C/G, F), None for the general one."""
    if len(moves) > 1:
        return None
    taps, of_group, n_filt = w
    stride, dilation = moves[0].stride, moves[0].dilation
    if _channelwise(chans, of_group, n_filt, moves[0]):
        return _depthwise_grad_x
    shared = gcd(stride, dilation)
    of_phase = -(-taps * shared // stride)
    if of_group != chans:
        return None
    sums = chans, n_filt, of_phase, dilation // shared
    return few_grad_x if few_columns_pay(*sums, itemsize, stride == 1) else None


def special_grad_w(
    x: tuple[int, ...],
    dy: tuple[int, ...],
    taps: int,
    groups: int,
    moves: Moves,
    itemsize: int,
    gain: float = 1.0,
) -> GradW | None:
    """The kernel for dw of x (B, L, C) and dy (B, T, F), or None; ``gain`` is what
    `gain_of_grad_w` says.

    It gives (taps and channels, F), and with the last argument a row more, the sum of dy.
    """
    if len(moves) > 1:
        return None
    chans, (n_batch, n_out, n_filt) = x[2], dy
    if _channelwise(chans, chans // groups, n_filt, moves[0]):
        return depthwise_grad_w
    if groups > 1 or n_batch * n_out * taps * chans < LEAST_WORK:
        return None
    time = few_filters_time(n_filt, chans, taps, moves[0].dilation, itemsize)
    return few_grad_w if time < min(CLEARLY, 1 / gain) else None


def fewer_products(move: Movement, groups: int, cols: int) -> bool:
    """Whether a correlation with ``cols`` filters a group is done in fewer multiplications."""
    return fewer_products_gain(move, groups, cols) > LEAST_GAIN


def gain_of_grad_w(move: Movement, groups: int, cols: int) -> float:
    """How many times as fast fewer multiplications make the gradient of ``cols`` filters a group; 1
    where it has them all.

    The channels of each group of taps are tiles of their own there, where the sum itself runs over
    taps and channels.
    """
    chans = max(1, move.chans // groups)
    gain = fewer_products_gain(move, groups, cols) * filled(chans, WIDE.rows)
    return gain if gain > LEAST_GRADIENT_GAIN else 1.0


def _channelwise(chans: int, of_group: int, n_filt: int, move: Geometry) -> bool:
    return of_group == 1 and n_filt == chans and (chans > 1 or move.stride == 1)


def _depthwise_forward(
    x: Array, w: Array, bias: Array | None, geometry: Geometry, relu: bool
) -> Array:
    return depthwise_forward(x, w.reshape(w.shape[0], w.shape[2]), bias, geometry, relu)


def _depthwise_grad_x(dy: Array, w: Array, length: int, geometry: Geometry) -> Array:
    return depthwise_grad_x(dy, w.reshape(w.shape[0], w.shape[2]), length, geometry)
