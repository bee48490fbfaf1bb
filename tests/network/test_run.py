"""`predict` and `forward`: inputs of every kind, outputs by name, errors that say where."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.tape import current_tape


class Affine(dl.Layer, dl.Formattable):
    """Another value in training, and a state."""

    Calls = dl.State()

    def initialize(self, layout: dl.networkDataLayout) -> None:
        if self.Calls is None:
            self.Calls = np.zeros((1, 1))

    def predict(self, X: dl.dlarray) -> Any:
        return X, self.Calls

    def forward(self, X: dl.dlarray) -> Any:
        return X * 2, self.Calls + 1


class Split(dl.Layer, dl.Formattable):
    """Two outputs."""

    def __init__(self, *, Name: str = "") -> None:
        super().__init__(Name=Name, OutputNames=["low", "high"])

    def predict(self, X: dl.dlarray) -> Any:
        return X - 1, X + 1


class Failing(dl.Layer):
    """Fails on numbers above one."""

    def predict(self, X: dl.dlarray) -> dl.dlarray:
        if X.size and float(X.data.max()) > 1:
            raise RuntimeError("more than one")
        return X


def sequence_net() -> dl.dlnetwork:
    convolution = dl.convolution1dLayer(3, 4, Padding="same")
    return dl.dlnetwork([dl.sequenceInputLayer(3), convolution, dl.reluLayer()])


def vector_net() -> dl.dlnetwork:
    head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(4), dl.softmaxLayer()]
    return dl.dlnetwork([dl.sequenceInputLayer(3), *head])


@pytest.fixture
def x(rng):
    return rng.standard_normal((7, 3, 2)).astype("f4")


# -- what goes in and what comes out


@pytest.mark.parametrize("method", ["predict", "forward"])
def test_numbers_give_numbers_and_dlarrays_dlarrays(x, method):
    net = sequence_net()
    call = getattr(net, method)
    numeric, labelled = call(x), call(dl.dlarray(x, "TCB"))
    unlabelled = call(dl.dlarray(x))
    assert type(numeric) is np.ndarray
    assert isinstance(labelled, dl.dlarray) and isinstance(unlabelled, dl.dlarray)
    assert numeric.shape == (7, 4, 2)
    assert (labelled.fmt, labelled.shape) == ("CBT", (4, 2, 7))
    assert np.array_equal(numeric, labelled.data.transpose(2, 0, 1))
    assert np.array_equal(unlabelled.data, labelled.data)


def test_vectors_come_out_as_observations_by_channels(x):
    Y = vector_net().predict(x)
    assert Y.shape == (2, 4)
    np.testing.assert_allclose(Y.sum(axis=1), 1, rtol=1e-6)


def test_one_sequence_is_time_by_channels(x):
    net = sequence_net()
    one = net.predict(x[:, :, 0])
    assert one.shape == (7, 4)
    assert np.array_equal(one, net.predict(x)[:, :, 0])
    assert vector_net().predict(x[:, :, 0]).shape == (1, 4)


def test_lists_and_integers_are_data():
    net = sequence_net()
    assert np.array_equal(net.predict([[1, 2, 3]] * 5), net.predict(np.tile([1, 2, 3], (5, 1))))


def test_double_numbers_are_computed_in_single(x):
    net = sequence_net()
    got = net.predict(x.astype(float))
    assert got.dtype == np.float32
    assert np.array_equal(got, net.predict(x))


@pytest.mark.parametrize(
    ("fmt", "axes"),
    [("TCB", (0, 1, 2)), ("CTB", (1, 0, 2)), ("BTC", (2, 0, 1)), ("BCT", (2, 1, 0))],
)
def test_formats_of_the_data_can_be_named(x, fmt, axes):
    net = sequence_net()
    data = x.transpose(axes)
    want = net.predict(x)
    assert np.array_equal(net.predict(data, InputDataFormats=fmt), want)
    assert np.array_equal(net.predict(data, InputDataFormats=[fmt]), want)
    labelled = net.predict(dl.dlarray(data), InputDataFormats=fmt)
    assert np.array_equal(labelled.data.transpose(2, 0, 1), want)


def test_auto_is_time_by_channels_in_any_case(x):
    net = sequence_net()
    assert np.array_equal(net.predict(x, InputDataFormats="AUTO"), net.predict(x))


@pytest.mark.parametrize(
    ("size", "shape", "fmt"),
    [((5, 3), (5, 3, 7, 2), "SCTB"), ((5, 2, 3), (5, 2, 3, 7, 2), "SSCTB")],
)
def test_auto_of_images_is_space_channels_time_observations(size, shape, fmt, rng):
    net = dl.dlnetwork([dl.sequenceInputLayer(size), dl.reluLayer()])
    x = rng.standard_normal(shape).astype("f4")
    got = net.predict(x)
    want = net.predict(dl.dlarray(x, fmt))
    assert np.array_equal(got, np.maximum(x, 0).transpose(len(size), *range(len(size)), -1))
    assert want.fmt == "S" * (len(size) - 1) + "CBT"


def test_images_come_out_with_observations_first(rng):
    x = rng.standard_normal((5, 3, 2)).astype("f4")
    net = dl.dlnetwork([dl.reluLayer()], dl.networkDataLayout((5, 3, 2), "SCB"))
    got = net.predict(x, InputDataFormats="SCB")
    assert np.array_equal(got, np.maximum(x, 0).transpose(2, 0, 1))


def test_zero_observations(x):
    assert sequence_net().predict(x[:, :, :0]).shape == (7, 4, 0)
    assert vector_net().predict(x[:, :, :0]).shape == (0, 4)


def test_noncontiguous_data_are_read_right(x):
    net = sequence_net()
    wide = np.repeat(x, 2, axis=0)
    assert np.array_equal(net.predict(wide[::2]), net.predict(x))
    assert np.array_equal(net.predict(x[::-1]), net.predict(x[::-1].copy()))


def test_data_stay_unchanged(x):
    before = x.copy()
    sequence_net().forward(x)
    assert np.array_equal(x, before)


def test_threads_predict_the_same(x):
    net = sequence_net()
    want = net.predict(x)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: net.predict(x), range(16)))
    assert all(np.array_equal(got, want) for got in results)


# -- training and inference


def test_forward_trains_and_predict_infers(x):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), Affine()])
    assert np.array_equal(net.predict(x), x)
    assert np.array_equal(net.forward(x), 2 * x)


def test_dropout_drops_in_forward_only(x):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), dl.dropoutLayer(0.5)])
    assert np.array_equal(net.predict(x), x)
    assert 0 < (net.forward(x) == 0).sum() < x.size


def test_state_is_returned_for_one_more_output(x):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), Affine()])
    Y, state = net.forward(x, nargout=2)
    assert np.array_equal(Y, 2 * x)
    assert (state.Value[0].item(), net.State.Value[0].item()) == (1, 0)


# -- outputs


def test_outputs_by_name(x):
    net = vector_net()
    pooled, scores = net.predict(x, Outputs=["gapool1d", "softmax"], nargout=2)
    np.testing.assert_allclose(pooled, x.mean(axis=0).T, rtol=0, atol=1e-6)
    assert np.array_equal(scores, net.predict(x))
    assert np.array_equal(net.predict(x, Outputs="gapool1d"), pooled)
    assert np.array_equal(net.predict(x, Outputs="sequenceinput"), x)


def test_first_of_several_outputs_by_default(x):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), Split(Name="split")])
    assert net.OutputNames == ["split/low", "split/high"]
    low, high = net.predict(x, nargout=2)
    assert np.array_equal(low, x - 1) and np.array_equal(high, x + 1)
    assert np.array_equal(net.predict(x), low)
    assert np.array_equal(net.predict(x, Outputs="split/high"), high)
    *_, state = net.predict(x, nargout=3)
    assert len(state) == 0


def test_unknown_output_raises(x):
    with pytest.raises(
        ValueError, match=r"no output 'fcc'; outputs are \['sequenceinput', 'gapool1d', 'fc', 'soft"
    ):
        vector_net().predict(x, Outputs="fcc")


@pytest.mark.parametrize("nargout", [0, 3, -1])
def test_number_of_results_is_checked(x, nargout):
    with pytest.raises(ValueError, match=f"predict: nargout must be 1.* or 2; got {nargout}"):
        vector_net().predict(x, nargout=nargout)


# -- errors


@pytest.mark.parametrize("method", ["predict", "forward"])
@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("Acceleration", "fast", 'Acceleration must be one of "auto", "none"; got \'fast\''),
        ("Acceleration", "mex", 'Acceleration="mex" is not available in this version'),
        ("OutputDataFormats", "CB", "OutputDataFormats must be \"auto\"; got 'CB'"),
    ],
)
def test_unbuilt_and_unknown_option_values_raise(x, method, option, value, text):
    with pytest.raises(ValueError, match=f"{method}: {text}"):
        getattr(vector_net(), method)(x, **{option: value})


@pytest.mark.parametrize("method", ["predict", "forward"])
def test_unknown_option_names_the_closest(x, method):
    with pytest.raises(TypeError, match=r"Output.*Did you mean '?Outputs"):
        getattr(vector_net(), method)(x, **{"Output": "fc"})


def test_number_of_inputs_is_checked(x):
    net = vector_net()
    with pytest.raises(ValueError, match=r"network has 1 inputs, \['sequenceinput'\]; got 0"):
        net.predict()
    X = dl.dlarray(x, "TCB")
    with pytest.raises(ValueError, match=r"network has 1 inputs, \['sequenceinput'\]; got 2"):
        net.predict(X, X)


def test_number_of_unlabelled_inputs_is_checked(x):
    with pytest.raises(ValueError, match=r"network has 1 inputs, \['sequenceinput'\]; got 2"):
        vector_net().predict(x, x)


def test_number_of_formats_is_checked(x):
    with pytest.raises(ValueError, match="InputDataFormats"):
        vector_net().predict(x, InputDataFormats=[])


def test_unlabelled_data_need_an_input_layer():
    net = dl.dlnetwork([dl.reluLayer()], dl.networkDataLayout((3, 2), "CB"))
    with pytest.raises(
        dl.FormatError, match="predict: input 'relu' has no input layer, so unlabelled data have no"
    ):
        net.predict(np.ones((3, 2)))
    assert net.predict(np.ones((3, 2)), InputDataFormats="CB").shape == (2, 3)


def test_too_many_dimensions_raise():
    with pytest.raises(dl.FormatError, match='format "TCB" has 3 labels, the data have 4'):
        sequence_net().predict(np.ones((7, 3, 2, 2)))


@pytest.mark.parametrize("value", ["text", [[1], [1, 2]], None], ids=str)
def test_data_that_are_no_numbers_raise(value):
    with pytest.raises(TypeError, match=r"predict: (the )?data"):
        sequence_net().predict(value)


def test_uninitialized_network_raises(x):
    net = dl.dlnetwork([dl.convolution1dLayer(3, 4)])
    for method in (net.predict, net.forward):
        with pytest.raises(ValueError, match=r"not initialized: it has parameters without values"):
            method(dl.dlarray(x, "TCB"))


@pytest.mark.parametrize("method", ["predict", "forward"])
def test_error_in_a_layer_is_noted_with_its_place(method):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), dl.reluLayer(), Failing(Name="third")])
    with pytest.raises(RuntimeError, match="more than one") as caught:
        getattr(net, method)(np.full((7, 3), 5.0))
    assert caught.value.__notes__ == [f"in layer 'third' (Failing, 3 of 3), method {method}"]
    assert current_tape() is None


def test_error_of_a_built_in_layer_is_noted_too():
    net = dl.dlnetwork([dl.sequenceInputLayer(3, MinLength=4), dl.convolution1dLayer(3, 4)])
    with pytest.raises(dl.ShapeError, match="MinLength property") as caught:
        net.predict(np.ones((2, 3)))
    assert caught.value.__notes__ == [
        "in layer 'sequenceinput' (SequenceInputLayer, 1 of 2), method predict"
    ]
