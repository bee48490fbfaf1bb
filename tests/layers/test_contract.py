"""What every layer keeps, built-in or a user's: one table of layers, formats and sizes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import dlarray as dl
from dlarray.formats import describe
from dlarray.testing import checkGradients

SIZES = {"S": (5, 11), "C": (3,), "B": (2,), "T": (7,), "U": (1,)}


class PReLU(dl.Layer, dl.Formattable):
    """One slope a channel for negative values."""

    Alpha = dl.Learnable(L2Factor=0)

    def __init__(self, *, Name: str = "") -> None:
        super().__init__(Name=Name, Description="PReLU")

    def initialize(self, layout: dl.networkDataLayout) -> None:
        if self.Alpha is None:
            channels = layout.sizeof("C")
            assert channels is not None
            slopes = np.linspace(0.1, 0.4, channels, dtype="f4").reshape(-1, 1)
            self.Alpha = dl.dlarray(slopes, "CU")

    def predict(self, X: dl.dlarray) -> dl.dlarray:
        return dl.relu(X) - self.Alpha * dl.relu(-X)


class RunningMean(dl.Layer, dl.Formattable):
    """Subtracts a mean that follows the data."""

    Mean = dl.State()

    def initialize(self, layout: dl.networkDataLayout) -> None:
        if self.Mean is None:
            self.resetState()

    def resetState(self) -> None:
        self.Mean = np.zeros((1, 1))

    def predict(self, X: dl.dlarray) -> tuple[dl.dlarray, dl.dlarray]:
        total = dl.sum(X.stripdims(), "all").extractdata().reshape(1, 1)
        return X - self.Mean.item(), dl.dlarray(0.9 * self.Mean.extractdata() + 0.1 * total)


class Squared(dl.Layer):
    """Knows no labels."""

    def predict(self, X: dl.dlarray) -> dl.dlarray:
        assert X.fmt == ""
        return X * X


class Case(NamedTuple):
    """A layer and the layouts that it gives for the formats that it takes."""

    make: Callable[[], dl.Layer]
    outputs: dict[str, str]
    random: bool = False


def sizes(fmt: str, batch: int = 2) -> tuple[int, ...]:
    known = {**SIZES, "B": (batch,)}
    return tuple(known[label][fmt[:i].count(label)] for i, label in enumerate(fmt))


def same(*formats: str) -> dict[str, str]:
    return {fmt: describe(sizes(fmt), fmt) for fmt in formats}


ANY = same("CB", "CBT", "SCB", "SSCB", "SCBT", "CT", "SC", "SCT", "CU", "SB", "BT", "SBT")
WITH_C = same("CB", "CBT", "SCB", "SSCB", "SCBT", "SSCBT", "CT", "SC", "SCT", "CU")
CONVOLVED = {
    "CBT": "4(C) × 2(B) × 5(T)",
    "SCB": "3(S) × 4(C) × 2(B)",
    "SCBT": "3(S) × 4(C) × 2(B) × 7(T)",
    "CT": "4(C) × 5(T)",
    "SC": "3(S) × 4(C)",
    "SCT": "3(S) × 4(C) × 7(T)",
    "BT": "4(C) × 2(B) × 5(T)",
    "SB": "3(S) × 4(C) × 2(B)",
    "SBT": "3(S) × 4(C) × 2(B) × 7(T)",
}
CAUSAL = {
    "CBT": "4(C) × 2(B) × 7(T)",
    "SCB": "5(S) × 4(C) × 2(B)",
    "SCBT": "5(S) × 4(C) × 2(B) × 7(T)",
    "CT": "4(C) × 7(T)",
}
UPSAMPLED = {
    "CBT": "4(C) × 2(B) × 15(T)",
    "SCB": "11(S) × 4(C) × 2(B)",
    "SCBT": "11(S) × 4(C) × 2(B) × 7(T)",
    "CT": "4(C) × 15(T)",
    "SC": "11(S) × 4(C)",
    "SCT": "11(S) × 4(C) × 7(T)",
    "BT": "4(C) × 2(B) × 15(T)",
    "SB": "11(S) × 4(C) × 2(B)",
    "SBT": "11(S) × 4(C) × 2(B) × 7(T)",
}
HALVED = {"CBT": "4(C) × 2(B) × 4(T)", "SC": "3(S) × 4(C)"}
WINDOWED = {
    "CBT": "3(C) × 2(B) × 6(T)",
    "SCB": "4(S) × 3(C) × 2(B)",
    "SCBT": "4(S) × 3(C) × 2(B) × 7(T)",
    "CT": "3(C) × 6(T)",
    "SC": "4(S) × 3(C)",
    "SCT": "4(S) × 3(C) × 7(T)",
    "BT": "2(B) × 6(T)",
    "SB": "4(S) × 2(B)",
    "SBT": "4(S) × 2(B) × 7(T)",
}
POOLED = {
    "CBT": "3(C) × 2(B)",
    "SCB": "1(S) × 3(C) × 2(B)",
    "SCBT": "1(S) × 3(C) × 2(B) × 7(T)",
    "CT": "3(C) × 1(U)",
    "SC": "1(S) × 3(C)",
    "SCT": "1(S) × 3(C) × 7(T)",
}
CONNECTED = {
    "CB": "4(C) × 2(B)",
    "SCB": "4(C) × 2(B)",
    "SSCB": "4(C) × 2(B)",
    "CBT": "4(C) × 2(B) × 7(T)",
    "SCBT": "4(C) × 2(B) × 7(T)",
    "SSCBT": "4(C) × 2(B) × 7(T)",
    "CT": "4(C) × 7(T)",
    "SCT": "4(C) × 7(T)",
    "SSCT": "4(C) × 7(T)",
    "SC": "4(C) × 1(U)",
    "SSC": "4(C) × 1(U)",
    "CU": "4(C) × 1(U)",
    "SB": "4(C) × 2(B)",
    "BT": "4(C) × 2(B) × 7(T)",
    "SBT": "4(C) × 2(B) × 7(T)",
}
SCALED: dict[str, Any] = {"Mean": [[1], [2], [3]], "StandardDeviation": [[2], [4], [0]]}

CASES = {
    "sequence": Case(lambda: dl.sequenceInputLayer(3), same("CBT", "CT")),
    "zscore": Case(
        lambda: dl.sequenceInputLayer(3, Normalization="zscore", **SCALED), same("CBT", "CT")
    ),
    "rescaled": Case(
        lambda: dl.sequenceInputLayer(3, Normalization="rescale-symmetric", Min=-1, Max=3),
        same("CBT", "CT"),
    ),
    "sequence of images": Case(lambda: dl.sequenceInputLayer((5, 3)), same("SCBT", "SCT")),
    "conv": Case(lambda: dl.convolution1dLayer(3, 4), CONVOLVED),
    "conv causal": Case(
        lambda: dl.convolution1dLayer(2, 4, DilationFactor=2, Padding="causal"), CAUSAL
    ),
    "conv strided": Case(
        lambda: dl.convolution1dLayer(3, 4, Stride=2, Padding="same", PaddingValue="replicate"),
        HALVED,
    ),
    "transposed conv": Case(lambda: dl.transposedConv1dLayer(3, 4, Stride=2), UPSAMPLED),
    "transposed conv same": Case(
        lambda: dl.transposedConv1dLayer(5, 4, Stride=3, Cropping="same"),
        {"CBT": "4(C) × 2(B) × 21(T)", "SC": "15(S) × 4(C)"},
    ),
    "relu": Case(dl.reluLayer, ANY),
    "layernorm": Case(dl.layerNormalizationLayer, WITH_C),
    "layernorm of all": Case(
        lambda: dl.layerNormalizationLayer(OperationDimension="batch-excluded"), WITH_C
    ),
    "layernorm of images": Case(
        lambda: dl.layerNormalizationLayer(OperationDimension="spatial-channel"), WITH_C
    ),
    "dropout": Case(dl.dropoutLayer, ANY, random=True),
    "windows": Case(lambda: dl.maxPooling1dLayer(2), WINDOWED),
    "windows strided": Case(
        lambda: dl.maxPooling1dLayer(3, Stride=2, Padding="same"),
        {"CBT": "3(C) × 2(B) × 4(T)", "SC": "3(S) × 3(C)"},
    ),
    "mean of windows": Case(lambda: dl.averagePooling1dLayer(2), WINDOWED),
    "mean of windows padded": Case(
        lambda: dl.averagePooling1dLayer(3, Stride=2, Padding=[1, 2], PaddingValue="mean"),
        {"CBT": "3(C) × 2(B) × 4(T)", "SC": "3(S) × 3(C)"},
    ),
    "average": Case(dl.globalAveragePooling1dLayer, POOLED),
    "maximum": Case(dl.globalMaxPooling1dLayer, POOLED),
    "fc": Case(lambda: dl.fullyConnectedLayer(4), CONNECTED),
    "softmax": Case(dl.softmaxLayer, WITH_C),
    "custom PReLU": Case(PReLU, WITH_C),
    "custom with state": Case(RunningMean, ANY),
    "custom unformatted": Case(Squared, ANY),
}

EVERY = [
    pytest.param(case, fmt, id=f"{name}-{fmt}")
    for name, case in CASES.items()
    for fmt in case.outputs
]
BATCHED = [
    pytest.param(case, fmt, id=f"{name}-{fmt}")
    for name, case in CASES.items()
    for fmt in case.outputs
    if "B" in fmt
]
ONE_FORMAT = [pytest.param(case, next(iter(case.outputs)), id=name) for name, case in CASES.items()]


def data(fmt: str, rng: np.random.Generator, dtype: Any = np.float32) -> dl.dlarray:
    """Distinct values, none near 0: no maximum changes place and no sign changes in a gradient
    check.
    """
    shape = sizes(fmt)
    n = int(np.prod(shape))
    values = (rng.permutation(n) - n / 2 + 0.25) * 0.05
    return dl.dlarray(values.reshape(shape).astype(dtype), fmt)


def network(case: Case, fmt: str, layer: dl.Layer | None = None) -> dl.dlnetwork:
    dl.rng(7)
    chosen = case.make() if layer is None else layer
    return dl.dlnetwork([chosen], dl.networkDataLayout(sizes(fmt), fmt))


def in_double(net: dl.dlnetwork) -> dl.dlnetwork:
    return dl.dlupdate(dl.double, net) if len(net.Learnables) else net


def assert_same(got: dl.dlarray, want: dl.dlarray) -> None:
    assert (got.fmt, got.dtype, got.shape) == (want.fmt, want.dtype, want.shape)
    assert np.array_equal(got.data, want.data, equal_nan=True)


@pytest.mark.parametrize(("case", "fmt"), EVERY)
def test_output_has_the_format_and_size_of_the_table(case, fmt, rng):
    Y = network(case, fmt).predict(data(fmt, rng))
    assert describe(Y.shape, Y.fmt) == case.outputs[fmt]


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["single", "double"])
@pytest.mark.parametrize(("case", "fmt"), ONE_FORMAT)
def test_type_of_the_data_is_kept(case, fmt, dtype, rng):
    X = data(fmt, rng, dtype)
    net = network(case, fmt)
    net = in_double(net) if dtype == np.float64 else net
    assert net.predict(X).dtype == dtype
    assert net.forward(X).dtype == dtype


@pytest.mark.parametrize(("case", "fmt"), EVERY)
def test_gradients_of_input_and_learnables(case, fmt, rng):
    net = in_double(network(case, fmt))
    table = net.Learnables

    def output(X, *parameters):
        return net.with_learnables(table.replaced(list(parameters))).predict(X)

    checkGradients(output, data(fmt, rng, np.float64), *table.Value)


@pytest.mark.parametrize(("case", "fmt"), ONE_FORMAT)
def test_second_call_gives_the_same_and_changes_nothing(case, fmt, rng):
    net, X = network(case, fmt), data(fmt, rng)
    values, before = X.extractdata().copy(), net.Learnables.replaced(net.Learnables.Value)
    first = net.predict(X)
    assert_same(net.predict(X), first)
    assert np.array_equal(X.data, values)
    assert net.Learnables == before


@pytest.mark.parametrize(
    ("case", "name"),
    [
        pytest.param(case, name, id=f"{label}-{name}")
        for label, case in CASES.items()
        for name, _ in type(case.make()).declared(dl.Learnable)
    ],
)
def test_initialize_keeps_a_value_that_is_set(case, name):
    fmt = next(iter(case.outputs))
    complete = network(case, fmt).Layers[0]
    layer = case.make()
    value = getattr(complete, name).extractdata() + 1
    setattr(layer, name, value)
    table = network(case, fmt, layer).Learnables
    kept = dict(zip(table.Parameter, table.Value, strict=True))
    assert np.array_equal(kept[name].data, value)
    assert all(value is not None for value in kept.values())


@pytest.mark.parametrize(
    "duplicate",
    [lambda layer: pickle.loads(pickle.dumps(layer)), copy.deepcopy, lambda layer: layer.copy()],
    ids=["pickle", "deepcopy", "copy"],
)
@pytest.mark.parametrize(("case", "fmt"), ONE_FORMAT)
def test_copy_of_the_layer_is_the_same_layer(case, fmt, duplicate, rng):
    layer, X = case.make(), data(fmt, rng)
    again = duplicate(layer)
    assert type(again) is type(layer)
    assert repr(again) == repr(layer)
    assert_same(network(case, fmt, again).predict(X), network(case, fmt, layer).predict(X))


@pytest.mark.parametrize(
    ("case", "fmt"),
    [p for p in EVERY if not p.values[0].random],  # type: ignore[union-attr]
)
def test_forward_is_predict_where_nothing_is_random(case, fmt, rng):
    net, X = network(case, fmt), data(fmt, rng)
    assert_same(net.forward(X), net.predict(X))


@pytest.mark.parametrize("method", ["predict", "forward"])
@pytest.mark.parametrize(("case", "fmt"), BATCHED)
def test_no_observation_gives_no_output_of_the_right_size(case, fmt, method):
    net = network(case, fmt)
    X = dl.dlarray(np.zeros(sizes(fmt, batch=0), "f4"), fmt)
    Y = getattr(net, method)(X)
    assert describe(Y.shape, Y.fmt) == case.outputs[fmt].replace("2(B)", "0(B)")


@pytest.mark.parametrize("label", ["S", "T"])
@pytest.mark.parametrize(("case", "fmt"), EVERY)
def test_no_sample_gives_a_defined_size_or_a_clear_error(case, fmt, label):
    net = network(case, fmt)
    shape = [0 if each == label else n for each, n in zip(fmt, sizes(fmt), strict=True)]
    try:
        Y = net.predict(dl.dlarray(np.zeros(shape, "f4"), fmt))
    except dl.ShapeError as error:
        assert label in fmt
        assert "method predict" in error.__notes__[0]
    else:
        assert Y.fmt == "".join(part[-2] for part in case.outputs[fmt].split(" × "))
        assert np.isfinite(Y.data).all()


@pytest.mark.parametrize(("case", "fmt"), BATCHED)
def test_nan_stays_in_its_observation(case, fmt, rng):
    net, X = network(case, fmt), data(fmt, rng)
    batch = X.finddim("B")[0]
    values = X.extractdata().copy()
    np.moveaxis(values, batch, 0)[1] = np.nan
    Y, clean = net.predict(dl.dlarray(values, fmt)), net.predict(X)
    first, second = np.moveaxis(Y.data, Y.finddim("B")[0], 0)
    assert np.array_equal(first, np.moveaxis(clean.data, clean.finddim("B")[0], 0)[0])
    assert np.isnan(second).all()
