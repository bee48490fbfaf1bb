"""`dltranspconv`: golden numbers, layouts, options, derivatives."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests import golden_convolutions as golden
from tests.functions.convolutions import second_order, transposed_reference
from tests.golden_convolutions import X3, row
from tests.holds import assert_near

SIZES = {"S": (5, 3, 2), "C": (3,), "B": (2,), "T": (7,), "U": (2,)}
N_FILT = 4


def data(fmt, rng, dtype=np.float64, channels=3):
    sizes = [SIZES[label][fmt[:i].count(label)] for i, label in enumerate(fmt)]
    sizes[fmt.index("C")] = channels
    return rng.standard_normal(sizes).astype(dtype)


def filters(rng, taps=(3,), n_filt=N_FILT, channels=3, groups=1, dtype=np.float64):
    """k1 × ... × numFilters × numChannels × numGroups."""
    return rng.standard_normal((*taps, n_filt, channels, groups)).astype(dtype)


# -- golden numbers


@pytest.mark.parametrize(
    ("w", "bias", "stride", "cropping", "y"), golden.TRANSPOSED, ids=golden.name
)
@pytest.mark.parametrize(("fmt", "w_fmt"), [("SCB", None), ("TCB", "TUC")], ids=["S", "T"])
def test_golden_numbers(fmt, w_fmt, w, bias, stride, cropping, y):
    X = dl.dlarray(X3.reshape(3, 1, 1), fmt)
    Y = dl.dltranspconv(
        X, np.array(w, float), bias, WeightsFormat=w_fmt, Stride=stride, Cropping=cropping
    )
    assert Y.fmt == dl.dims(X)
    np.testing.assert_allclose(Y.extractdata().ravel(), row(y), atol=1e-12)


def test_a_filter_shorter_than_the_stride_ends_with_the_bias():
    Y = dl.dltranspconv(dl.dlarray(X3, "SCB"), [1.0, 2], 0.5, Stride=4, Cropping="same")
    want = row("1.5 2.5 .5 .5 2.5 4.5 .5 .5 3.5 6.5 .5 .5")
    assert Y.extractdata().ravel().tolist() == want.tolist()


# -- layouts

LAYOUTS = [
    ("SCB", "S", "SUC"),
    ("SC", "S", "SUC"),
    ("CBT", "T", "TUC"),
    ("CT", "T", "UCT"),
    ("SCBT", "S", "CUS"),
    ("SCBT", "T", "TUC"),
    ("SCT", "S", "SCU"),
    ("SCBU", "S", "SUC"),
    ("SCBT", "ST", "STUC"),
    ("SCT", "ST", "UTCS"),
    ("SSCB", "SS", "SSUC"),
    ("SSC", "SS", "USCS"),
    ("SSCBT", "SS", "SSCU"),
    ("SSCBT", "T", "TUC"),
    ("SSCBT", "SST", "SSTUC"),
    ("SSSCB", "SSS", "SSSUC"),
]
TAPS = (3, 2, 4)
each_layout = pytest.mark.parametrize(
    ("fmt", "over", "w_fmt"), LAYOUTS, ids=[f"{fmt}-{w_fmt}" for fmt, _, w_fmt in LAYOUTS]
)


def reordered(w, over, w_fmt):
    """Weights k1 × ... × F × C with their dimensions in the order of a format."""
    places: dict[str, list[int]] = {label: [] for label in "STUC"}
    for axis, label in enumerate(over + "UC"):
        places[label].append(axis)
    return w[..., 0].transpose([places[label].pop(0) for label in w_fmt])


@each_layout
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_every_layout_matches_the_reference(fmt, over, w_fmt, dtype, rng):
    x, w = data(fmt, rng, dtype), filters(rng, TAPS[: len(over)], dtype=dtype)
    b = rng.standard_normal(N_FILT).astype(dtype)
    Y = dl.dltranspconv(dl.dlarray(x, fmt), reordered(w, over, w_fmt), b, WeightsFormat=w_fmt)
    assert Y.dtype == dtype
    assert_near(Y, fmt, transposed_reference(x, fmt, over, w, b), 100 * TOLERANCES[dtype])
    labelled = dl.dlarray(reordered(w, over, w_fmt), w_fmt)
    assert np.array_equal(dl.dltranspconv(dl.dlarray(x, fmt), labelled, b).data, Y.data)


@each_layout
def test_gradients_of_every_layout(fmt, over, w_fmt, rng):
    x, w = data(fmt, rng), reordered(filters(rng, (2,) * len(over)), over, w_fmt)
    X, W, b = dl.dlarray(x, fmt), dl.dlarray(w, w_fmt), dl.dlarray(rng.standard_normal(N_FILT))
    checkGradients(lambda x, w, b: dl.dltranspconv(x, w, b, Stride=2, Cropping=1), X, W, b)


@pytest.mark.parametrize("fmt", ["SCB", "SCBT", "SSCB", "SSSC"])
def test_unformatted_weights_move_along_all_of_space(fmt, rng):
    n = fmt.count("S")
    x, w = data(fmt, rng), filters(rng, TAPS[:n])
    want = transposed_reference(x, fmt, "S" * n, w)
    assert_near(dl.dltranspconv(dl.dlarray(x, fmt), w[..., 0]), fmt, want)


def test_missing_dimensions_of_weights_have_one_tap(rng):
    x, w = data("SSCB", rng), filters(rng)
    moves = {"strides": (2, 2), "dilations": (1, 1), "ends": ((0, 0), (0, 0))}
    want = transposed_reference(x, "SSCB", "SS", w[:, None], **moves)
    Y = dl.dltranspconv(dl.dlarray(x, "SSCB"), w[..., 0], WeightsFormat="SUC", Stride=2)
    assert_near(Y, "SSCB", want)


@pytest.mark.parametrize("channels", [1, 2])
def test_missing_dimensions_of_weights_are_one_channel_or_one_filter(channels, rng):
    x, w = data("SCB", rng, channels=channels), filters(rng, n_filt=1, channels=channels)
    want = transposed_reference(x, "SCB", "S", w)
    plain = w[:, 0, 0, 0] if channels == 1 else w[..., 0]
    assert_near(dl.dltranspconv(dl.dlarray(x, "SCB"), plain), "SCB", want)
    Y = dl.dltranspconv(dl.dlarray(x, "SCB"), w[:, 0, :, 0], WeightsFormat="SC")
    assert_near(Y, "SCB", want)


@settings(deadline=None)
@given(st.permutations("SCBT"), st.sampled_from("ST"), st.permutations("PUC"), st.booleans())
def test_permuting_the_format_permutes_the_result(order, over, w_order, plain):
    rng = np.random.default_rng(0)
    x, w = data("SCBT", rng), filters(rng)
    expected = transposed_reference(x, "SCBT", over, w)
    moved = x.transpose(["SCBT".index(label) for label in order])
    w_fmt = "".join(w_order).replace("P", over)
    Y = dl.dltranspconv(
        moved if plain else dl.dlarray(moved),
        reordered(w, over, w_fmt),
        WeightsFormat=w_fmt,
        DataFormat="".join(order),
    )
    assert_near(Y, "", expected.transpose(["SCBT".index(label) for label in order]))


# -- groups


@pytest.mark.parametrize(("groups", "own", "n_filt"), [(2, 3, 2), (3, 1, 1), (2, 1, 5)], ids=str)
@pytest.mark.parametrize("labelled", [False, True], ids=["plain", "labelled"])
def test_groups(groups, own, n_filt, labelled, rng):
    x = data("SCB", rng, channels=groups * own)
    w, b = filters(rng, (3,), n_filt, own, groups), rng.standard_normal(groups * n_filt)
    W = dl.dlarray(w, "SUCU") if labelled else w
    want = transposed_reference(x, "SCB", "S", w, b, strides=(2,), ends=((1, 0),))
    Y = dl.dltranspconv(dl.dlarray(x, "SCB"), W, b, Stride=2, Cropping=(1, 0))
    assert_near(Y, "SCB", want)
    operands = dl.dlarray(x, "SCB"), dl.dlarray(W), dl.dlarray(b)
    checkGradients(lambda x, w, b: dl.dltranspconv(x, w, b, Stride=2), *operands)


# -- options


@pytest.mark.parametrize(
    ("cropping", "ends"),
    [
        (1, (1, 1)),
        ((2, 1), (2, 1)),
        ([[0], [3]], (0, 3)),
        (np.array([4, 0]), (4, 0)),
        ("SAME", (1, 2)),
        (2.0, (2, 2)),
    ],
    ids=["number", "two", "rows", "array", "same", "float"],
)
@pytest.mark.parametrize(("fmt", "over", "w_fmt"), [("SCB", "S", "SUC"), ("CBT", "T", "TUC")])
def test_forms_of_cropping(fmt, over, w_fmt, cropping, ends, rng):
    x, w = data(fmt, rng), filters(rng, (5,))
    Y = dl.dltranspconv(
        dl.dlarray(x, fmt), w[..., 0], WeightsFormat=w_fmt, Stride=2, Cropping=cropping
    )
    assert_near(Y, fmt, transposed_reference(x, fmt, over, w, strides=(2,), ends=(ends,)))


@pytest.mark.parametrize(
    ("stride", "dilation", "cropping", "moves"),
    [
        (2, 3, 0, ((2, 2), (3, 3), ((0, 0), (0, 0)))),
        ((2, 1), (1, 3), (1, 2), ((2, 1), (1, 3), ((1, 1), (2, 2)))),
        ((3, 2), 1, [[1, 0], [0, 2]], ((3, 2), (1, 1), ((1, 0), (0, 2)))),
        ((2, 5), 1, "same", ((2, 5), (1, 1), ((0, 1), (0, -3)))),
        (2, (2, 3), "same", ((2, 2), (2, 3), ((1, 2), (1, 1)))),
    ],
    ids=["numbers", "one a dimension", "rows", "same", "same dilated"],
)
def test_options_for_each_of_two_dimensions(stride, dilation, cropping, moves, rng):
    x, w = data("SSCB", rng), filters(rng, (3, 2))
    Y = dl.dltranspconv(
        dl.dlarray(x, "SSCB"),
        w[..., 0],
        Stride=stride,
        DilationFactor=dilation,
        Cropping=cropping,
    )
    names = dict(zip(("strides", "dilations", "ends"), moves, strict=True))
    assert_near(Y, "SSCB", transposed_reference(x, "SSCB", "SS", w, **names))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_options_match_the_reference_and_are_the_adjoint_of_dlconv(case):
    def drawn(low, high):
        return case.draw(st.integers(low, high))

    rng = np.random.default_rng(drawn(0, 9))
    taps, stride, dilation, length = drawn(1, 5), drawn(1, 4), drawn(1, 3), drawn(1, 9)
    full = (length - 1) * stride + (taps - 1) * dilation + 1
    start = drawn(0, min(6, full - 1))
    ends = (start, drawn(0, min(6, full - 1 - start)))
    x, w = rng.standard_normal((length, 3, 2)), filters(rng, (taps,))
    steps: Any = {"Stride": stride, "DilationFactor": dilation}
    Y = dl.dltranspconv(dl.dlarray(x, "SCB"), w[..., 0], 0.5, Cropping=ends, **steps)
    want = transposed_reference(
        x, "SCB", "S", w, np.full(N_FILT, 0.5), strides=(stride,), dilations=(dilation,),
        ends=(ends,),
    )  # fmt: skip
    assert_near(Y, "SCB", want)
    u = rng.standard_normal(Y.shape)
    back = dl.dlconv(dl.dlarray(u, "SCB"), w[..., 0], Padding=ends, **steps)
    assert np.vdot(back.data, x) == pytest.approx(np.vdot(u, Y.data - 0.5))


@pytest.mark.parametrize(
    "bias",
    [None, 0.5, [0.5], np.full(N_FILT, 0.5), np.full((N_FILT, 1), 0.5), np.full((1, N_FILT), 0.5)],
    ids=["None", "number", "list of one", "vector", "column", "row"],
)
def test_forms_of_the_bias(bias, rng):
    x, w = data("SCB", rng), filters(rng)
    b = None if bias is None else np.full(N_FILT, 0.5)
    Y = dl.dltranspconv(dl.dlarray(x, "SCB"), w[..., 0], bias, Stride=5)
    assert_near(Y, "SCB", transposed_reference(x, "SCB", "S", w, b, strides=(5,)))


@pytest.mark.parametrize(("shape", "fmt"), [((1, 1), ""), ((N_FILT, 1), "CU"), ((1, N_FILT), "")])
def test_the_gradient_of_a_bias_has_its_size(shape, fmt, rng):
    X, w = dl.dlarray(data("SCB", rng), "SCB"), filters(rng)[..., 0]
    b = dl.dlarray(rng.standard_normal(shape), fmt)
    checkGradients(lambda x, b: dl.dltranspconv(x, w, b), X, b)


def test_single_weights_make_the_result_single(rng):
    x, w = data("SCB", rng), filters(rng, dtype=np.float32)[..., 0]
    assert dl.dltranspconv(dl.dlarray(x, "SCB"), w).dtype == np.float32


@pytest.mark.parametrize("place", [0, 3, 6])
def test_nan_reaches_the_outputs_of_its_filter_alone(place, rng):
    x, w = rng.standard_normal((7, 3, 2)).astype("f4"), filters(rng, (4,), dtype=np.float32)
    x[place, 1, 1] = np.nan
    Y = dl.dltranspconv(dl.dlarray(x, "SCB"), w[..., 0], 1, Stride=3, DilationFactor=2).data
    reached = np.zeros(Y.shape, bool)
    reached[3 * place : 3 * place + 7 : 2, :, 1] = True
    assert np.array_equal(np.isnan(Y), reached)


def test_second_derivatives(rng):
    X, W = dl.dlarray(data("CBT", rng), "CBT"), dl.dlarray(filters(rng)[..., 0], "TUC")
    b = dl.dlarray(rng.standard_normal(N_FILT))
    options: Any = {"Cropping": (2, 1), "Stride": 2, "DilationFactor": 2}
    checkGradients(second_order(lambda x, w, b: dl.dltranspconv(x, w, b, **options)), X, W, b)
    checkGradients(second_order(lambda w, x: dl.dltranspconv(x, w, **options)), W, X)
    checkGradients(second_order(lambda b, x: dl.dltranspconv(x, W, b, **options)), b, X)
