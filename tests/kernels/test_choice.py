"""Which convolutions go to kernels of their own, and that they come out as any other."""

import numpy as np
import pytest

from dlarray.kernels import (
    INCLUDE_EDGE,
    Geometry,
    conv_forward,
    conv_grad_w,
    conv_grad_x,
)
from dlarray.kernels._choice import special_forward, special_grad_w, special_grad_x
from dlarray.kernels._lanes import LANES
from dlarray.testing import TOLERANCES
from tests.kernels.convolutions import check

ONE = (Geometry(),)
SIZE = 4
MANY = 10_000

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


def named(function):
    return None if function is None else function.__name__.lstrip("_")


def test_a_filter_for_each_channel_goes_channel_by_channel():
    for stride in (1, 3):
        moves = (Geometry(stride),)
        assert named(special_forward(20, (5, 1, 20), moves, SIZE)) == "depthwise_forward"
        assert named(special_grad_x(20, (5, 1, 20), moves, SIZE)) == "depthwise_grad_x"
        assert (
            named(special_grad_w((8, MANY, 20), (8, MANY, 20), 5, 20, moves, SIZE))
            == "depthwise_grad_w"
        )


def test_one_channel_and_one_filter_go_so_with_a_step_of_one():
    assert named(special_forward(1, (16, 1, 1), ONE, SIZE)) == "depthwise_forward"
    assert named(special_forward(1, (16, 1, 1), (Geometry(4),), SIZE)) == "few_forward"
    assert (
        named(special_grad_w((8, MANY, 1), (8, MANY, 1), 90, 1, (Geometry(4),), SIZE))
        == "few_grad_w"
    )


def test_few_filters_and_few_channels_have_their_kernels():
    assert named(special_forward(64, (5, 64, 2), ONE, SIZE)) == "few_forward"
    assert named(special_grad_x(2, (5, 2, 64), ONE, SIZE)) == "few_grad_x"
    assert named(special_grad_w((8, MANY, 64), (8, MANY, 2), 5, 1, ONE, SIZE)) == "few_grad_w"


def test_a_phase_of_a_stride_has_a_share_of_the_taps():
    w = (4, 4, 32)  # 128 terms in a sum, 64 in each of two phases, 32 in each of four
    assert named(special_grad_x(4, w, ONE, SIZE)) == "few_grad_x"
    assert special_grad_x(4, w, (Geometry(2),), SIZE) is None
    assert named(special_grad_x(4, w, (Geometry(2, 2),), SIZE)) == "few_grad_x"


def test_a_small_weight_gradient_goes_to_the_general_kernel():
    assert special_grad_w((1, 20, 8), (1, 20, 2), 3, 1, ONE, SIZE) is None


def test_few_filters_give_way_where_fewer_multiplications_gain_more():
    sizes = (8, MANY, LANES), (8, MANY, LANES)
    assert named(special_grad_w(*sizes, 51, 1, ONE, SIZE)) == "few_grad_w"
    assert special_grad_w(*sizes, 51, 1, ONE, SIZE, 1.4) is None


def test_all_others_go_to_the_general_kernel():
    assert special_forward(64, (5, 64, 64), ONE, SIZE) is None
    assert special_forward(64, (5, 32, 64), ONE, SIZE) is None  # two groups
    assert special_forward(20, (5, 1, 40), ONE, SIZE) is None  # two filters a channel
    assert special_forward(20, (3, 3, 1, 20), ONE * 2, SIZE) is None
    assert special_grad_x(20, (3, 3, 1, 20), ONE * 2, SIZE) is None
    assert special_grad_w((8, MANY, 64), (8, MANY, 64), 5, 1, ONE, SIZE) is None
    assert special_grad_w((8, MANY, 64), (8, MANY, 2), 5, 2, ONE, SIZE) is None
    assert special_grad_w((8, 9, 9, 20), (8, 9, 9, 20), 3, 20, ONE * 2, SIZE) is None


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("chans", "n_filt", "groups"),
    [(20, 20, 20), (1, 1, 1), (2 * LANES, 2, 1), (3, 2 * LANES, 1), (12, 24, 12)],
    ids=["channel-wise", "one", "few filters", "few channels", "two filters a channel"],
)
@both_types
def test_special_convolutions_match(chans, n_filt, groups, stride, dtype, rng):
    move = Geometry(stride, 2, 4, 3, INCLUDE_EDGE)
    check(rng, (move,), dtype, 3, (137,), chans, (5,), n_filt, groups)


@both_types
def test_relu_in_special_convolutions(dtype, rng):
    x = rng.standard_normal((2, 40, 20)).astype(dtype)
    for w_shape in ((5, 1, 20), (5, 20, 3)):
        w = rng.standard_normal(w_shape).astype(dtype)
        got = conv_forward(x, w, None, ONE, relu=True)
        np.testing.assert_array_equal(got, np.maximum(conv_forward(x, w, None, ONE), 0))


def test_no_output_position_channel_by_channel():
    x, w, dy = np.ones((2, 3, 5)), np.ones((4, 1, 5)), np.ones((2, 0, 5))
    assert conv_forward(x, w, None, ONE).shape == (2, 0, 5)
    np.testing.assert_array_equal(conv_grad_x(dy, w, (3,), ONE, 5), np.zeros((2, 3, 5)))
    np.testing.assert_array_equal(conv_grad_w(x, dy, (4,), ONE, 5), np.zeros((4, 1, 5)))
