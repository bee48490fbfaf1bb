"""Layers, one file each, on the base class that a user's own layer has (`layer.py`).

They call public functions only, as a user's layer does.
"""

from .convolution1d import Convolution1DLayer, convolution1dLayer
from .display import LayerArray
from .dropout import DropoutLayer, dropoutLayer
from .fullyconnected import FullyConnectedLayer, fullyConnectedLayer
from .globalpooling1d import (
    GlobalAveragePooling1DLayer,
    GlobalMaxPooling1DLayer,
    globalAveragePooling1dLayer,
    globalMaxPooling1dLayer,
)
from .layer import Acceleratable, Formattable, Layer
from .layernormalization import LayerNormalizationLayer, layerNormalizationLayer
from .pooling1d import (
    AveragePooling1DLayer,
    MaxPooling1DLayer,
    averagePooling1dLayer,
    maxPooling1dLayer,
)
from .properties import Factor, Learnable, Option, State
from .relu import ReLULayer, reluLayer
from .sequenceinput import SequenceInputLayer, sequenceInputLayer
from .softmax import SoftmaxLayer, softmaxLayer
from .transposedconv1d import TransposedConvolution1DLayer, transposedConv1dLayer

__all__ = [
    "Acceleratable",
    "AveragePooling1DLayer",
    "Convolution1DLayer",
    "DropoutLayer",
    "Factor",
    "Formattable",
    "FullyConnectedLayer",
    "GlobalAveragePooling1DLayer",
    "GlobalMaxPooling1DLayer",
    "Layer",
    "LayerArray",
    "LayerNormalizationLayer",
    "Learnable",
    "MaxPooling1DLayer",
    "Option",
    "ReLULayer",
    "SequenceInputLayer",
    "SoftmaxLayer",
    "State",
    "TransposedConvolution1DLayer",
    "averagePooling1dLayer",
    "convolution1dLayer",
    "dropoutLayer",
    "fullyConnectedLayer",
    "globalAveragePooling1dLayer",
    "globalMaxPooling1dLayer",
    "layerNormalizationLayer",
    "maxPooling1dLayer",
    "reluLayer",
    "sequenceInputLayer",
    "softmaxLayer",
    "transposedConv1dLayer",
]
