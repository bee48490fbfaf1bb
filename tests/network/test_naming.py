"""Names that a network gives to layers without one."""

from __future__ import annotations

import pytest

import dlarray as dl


class Custom(dl.Layer):
    def predict(self, X: dl.dlarray) -> dl.dlarray:
        return X


def names(*layers: dl.Layer) -> list[str]:
    return [layer.Name for layer in dl.dlnetwork(layers, Initialize=False).Layers]


def test_repeated_types_are_numbered_in_order():
    block = [dl.convolution1dLayer(3, 4), dl.reluLayer(), dl.layerNormalizationLayer()]
    assert names(*block, *block) == [
        "conv1d_1",
        "relu_1",
        "layernorm_1",
        "conv1d_2",
        "relu_2",
        "layernorm_2",
    ]


def test_single_types_have_the_bare_name():
    assert names(
        dl.sequenceInputLayer(3),
        dl.convolution1dLayer(3, 4),
        dl.reluLayer(),
        dl.layerNormalizationLayer(),
        dl.dropoutLayer(),
        dl.globalAveragePooling1dLayer(),
        dl.fullyConnectedLayer(2),
        dl.softmaxLayer(),
        Custom(),
    ) == [
        "sequenceinput",
        "conv1d",
        "relu",
        "layernorm",
        "dropout",
        "gapool1d",
        "fc",
        "softmax",
        "layer",
    ]
    assert names(dl.globalMaxPooling1dLayer()) == ["gmpool1d"]
    pooling = dl.maxPooling1dLayer(2), dl.averagePooling1dLayer(2), dl.maxPooling1dLayer(3)
    assert names(*pooling) == ["maxpool1d_1", "avgpool1d", "maxpool1d_2"]


def test_one_layer_in_two_places_is_two_layers():
    layer = dl.fullyConnectedLayer(3)
    net = dl.dlnetwork([layer, layer], dl.networkDataLayout((3, 1), "CB"))
    assert [each.Name for each in net.Layers] == ["fc_1", "fc_2"]
    first, _, second, _ = net.Learnables.Value
    assert (first.data != second.data).any()


def test_names_of_the_user_stay_and_do_not_count():
    assert names(dl.reluLayer(Name="mine"), dl.reluLayer()) == ["mine", "relu"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["relu", ""], ["relu", "relu_1"]),
        (["", "relu_1", ""], ["relu_2", "relu_1", "relu_3"]),
        (["relu_2", "", ""], ["relu_2", "relu_1", "relu_3"]),
        (["relu", "relu_1", ""], ["relu", "relu_1", "relu_2"]),
    ],
    ids=str,
)
def test_a_name_of_the_user_is_skipped(given, expected):
    assert names(*(dl.reluLayer(Name=name) for name in given)) == expected


def test_naming_does_not_touch_the_users_layers():
    layer = dl.reluLayer()
    assert names(layer) == ["relu"]
    assert layer.Name == ""


def test_equal_names_raise():
    with pytest.raises(ValueError, match="dlnetwork: layer names must differ; 'a' occurs 2 times"):
        names(dl.reluLayer(Name="a"), dl.softmaxLayer(Name="a"))


def test_slash_belongs_to_ports_and_can_not_be_in_a_name():
    with pytest.raises(ValueError, match="a/b"):
        names(dl.reluLayer(Name="a/b"), dl.softmaxLayer())


def test_trainnet_names_layers_too(rng):
    X, T = [rng.standard_normal((5, 2)) for _ in range(4)], alternating(4)
    layers = [dl.sequenceInputLayer(2), dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(2)]
    options = dl.trainingOptions("adam", MaxEpochs=1, Verbose=False)
    net = dl.trainnet(X, T, [*layers, dl.softmaxLayer()], "crossentropy", options)
    assert [layer.Name for layer in net.Layers] == ["sequenceinput", "gapool1d", "fc", "softmax"]


def alternating(count: int) -> list[str]:
    return ["ab"[i % 2] for i in range(count)]
