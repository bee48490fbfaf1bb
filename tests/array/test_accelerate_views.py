"""Plans pass arrays from kernel to kernel as they lie: the same bits, in fewer views."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, strategies as st

import dlarray as dl
from dlarray.tape import after, simplified, undone
from tests.array.replays import assert_same

SHAPES = st.lists(st.sampled_from([0, 1, 1, 2, 3, 4]), min_size=1, max_size=4).map(tuple)


@st.composite
def walks(draw):
    """A shape, and steps that lead from it to others."""
    start = shape = draw(SHAPES)
    steps = []
    for _ in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):
            steps.append(("transpose", tuple(draw(st.permutations(range(len(shape)))))))
        else:
            sizes = [n for n in shape if n != 1]
            if len(sizes) > 1 and draw(st.booleans()):
                sizes = [prod(sizes[:2]), *sizes[2:]]
            for _ in range(draw(st.integers(0 if sizes else 1, 2))):
                sizes.insert(draw(st.integers(0, len(sizes))), 1)
            steps.append(("reshape", tuple(sizes)))
        shape = after(shape, (steps[-1],))
    return start, tuple(steps)


def walked(x, steps):
    for kind, to in steps:
        x = getattr(x, kind)(to)
    return x


@given(walks())
def test_fewer_steps_lead_to_the_same_array(walk):
    shape, steps = walk
    x = np.arange(prod(shape)).reshape(shape)
    fewer = simplified(shape, steps)
    assert len(fewer) <= len(steps)
    np.testing.assert_array_equal(walked(x, fewer), walked(x, steps))
    assert walked(x, steps).shape == after(shape, fewer) == after(shape, steps)


@given(walks())
def test_steps_are_undone(walk):
    shape, steps = walk
    x = np.arange(prod(shape)).reshape(shape)
    there_and_back = steps + undone(shape, steps)
    np.testing.assert_array_equal(walked(x, there_and_back), x)
    assert len(simplified(shape, there_and_back)) <= len(steps)


def test_steps_that_undo_each_other_leave_nothing():
    steps = (("reshape", (5, 1, 3)), ("transpose", (2, 1, 0)), ("transpose", (2, 1, 0)))
    assert simplified((5, 3), steps) == (("reshape", (5, 1, 3)),)
    assert simplified((5, 3), (*steps, ("reshape", (5, 3)))) == ()
    assert simplified((4, 1, 3), (("transpose", (1, 0, 2)),)) == (("reshape", (1, 4, 3)),)


# -- layers
# ------------------------------------------------------------------------------------------------


def conv(x, w, b):
    labels = "S" * x.fmt.count("S") or "T"
    return dl.dlconv(x, w, b, Padding="same", WeightsFormat=labels + "CU")


def layers(x, p):
    """Convolutions, normalizations and activations, one after the other."""
    y = dl.relu(conv(x, p["w"], p["b"]))
    y = dl.layernorm(y, p["offset"], p["scale"])
    y = dl.groupnorm(dl.gelu(y), 2, p["offset"], p["scale"])
    y = y + dl.relu(conv(y, p["v"], p["b"]))
    return dl.batchnorm(y, p["offset"], p["scale"])


def loss(x, p):
    y = layers(x, p)
    value = dl.mse(y, y * 0.5) + dl.sum(dl.mean(y, "C") ** 2, "all")
    return value, y, dl.dlgradient(value, [x, p])


def parameters(rng, dims, dtype):
    taps = (3,) * dims
    sizes = {"w": (*taps, 3, 4), "v": (*taps, 4, 4), "b": (4,), "offset": (4, 1), "scale": (4, 1)}
    return {k: dl.dlarray(rng.standard_normal(n).astype(dtype)) for k, n in sizes.items()}


@pytest.mark.parametrize(
    ("fmt", "shape"),
    [
        ("CBT", (3, 2, 9)),
        ("CBT", (3, 1, 9)),
        ("BTC", (2, 9, 3)),
        ("TCB", (9, 3, 1)),
        ("SCB", (9, 3, 2)),
        ("SCB", (1, 3, 2)),
        ("SC", (9, 3)),
        ("SCBT", (5, 3, 2, 3)),
        ("SCBT", (5, 3, 1, 3)),
        ("SSCB", (5, 4, 3, 2)),
        ("SSCB", (1, 4, 3, 1)),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_layers_replayed_have_the_bits_of_the_plain_call(rng, fmt, shape, dtype):
    dims = max(1, fmt.count("S"))
    accfun = dl.dlaccelerate(loss)
    for turn in range(3):
        data = rng.standard_normal(shape).astype(dtype)
        if turn == 2:  # other strides than those of the recording
            data = np.asfortranarray(data)
        x, p = dl.dlarray(data, fmt, copy=turn == 0), parameters(rng, dims, dtype)
        assert_same(dl.dlfeval(accfun, x, p), dl.dlfeval(loss, x, p))
    assert accfun.HitRate == pytest.approx(200 / 3)


def test_grouped_and_transposed_convolutions_replayed_have_the_bits_of_the_plain_call(rng):
    def loss(x, w, v):
        y = dl.dlconv(x, w, 0, Padding="same")
        y = dl.dltranspconv(y, v, 0, Stride=2)
        value = dl.sum(y**2, "all")
        return value, dl.dlgradient(value, [x, w, v])

    accfun = dl.dlaccelerate(loss)
    for _ in range(2):
        sizes = ((8, 4, 3, 2), (3, 2, 3, 2), (3, 5, 6))
        x, w, v = (rng.standard_normal(n).astype("f4") for n in sizes)
        args = dl.dlarray(x, "SCBT"), dl.dlarray(w), dl.dlarray(v)
        assert_same(dl.dlfeval(accfun, *args), dl.dlfeval(loss, *args))


def test_kernels_read_what_the_one_before_left_without_transposing(rng):
    def chain(x, p):
        affine = p["offset"], p["scale"]
        y = dl.layernorm(dl.relu(conv(x, p["w"], p["b"])), *affine)
        return dl.layernorm(conv(y, p["v"], p["b"]), *affine)

    accfun = dl.dlaccelerate(chain)
    x, p = dl.dlarray(rng.standard_normal((3, 2, 9)), "CBT"), parameters(rng, 1, np.float64)
    accfun(x, p)
    (trace,) = accfun._cache.values()
    text = trace.plan._text.text
    assert text.count(".transpose(") == 2, text  # of x, and of the result
