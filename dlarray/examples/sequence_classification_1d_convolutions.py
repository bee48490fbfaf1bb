"""Sequence classification using 1-D convolutions, on generated waveforms.

Run it with ``python -m dlarray.examples.sequence_classification_1d_convolutions``.  It trains a
network of two causal convolutions to tell sawtooth, sine, square and triangle waves, tests it, and
predicts from a saved copy.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import dlarray as dl

Data = tuple[list[Any], Any]  # sequences time × channels, and their labels


def load() -> list[Data]:
    """Training, validation and test data."""
    X, T = dl.datasets.waveform()
    parts = dl.trainingPartitions(len(X), [0.8, 0.1, 0.1])
    return [([X[i] for i in index], T[index]) for index in parts]


def network(numChannels: int, numClasses: int) -> list[dl.Layer]:
    """Layers: blocks of causal convolution, ReLU and layer normalization, then the mean over
    time.
    """
    filterSize, numFilters = 5, 32
    return [
        dl.sequenceInputLayer(numChannels),
        dl.convolution1dLayer(filterSize, numFilters, Padding="causal"),
        dl.reluLayer(),
        dl.layerNormalizationLayer(),
        dl.convolution1dLayer(filterSize, 2 * numFilters, Padding="causal"),
        dl.reluLayer(),
        dl.layerNormalizationLayer(),
        dl.globalAveragePooling1dLayer(),
        dl.fullyConnectedLayer(numClasses),
        dl.softmaxLayer(),
    ]


def main(maxEpochs: int = 60, *, verbose: bool = True) -> float:
    """Train, test, save and load; returns the test accuracy in percent."""
    training, validation, test = load()
    classNames = dl.categories(training[1])
    options = dl.trainingOptions(
        "adam",
        MaxEpochs=maxEpochs,
        InitialLearnRate=0.01,
        SequencePaddingDirection="left",
        ValidationData=validation,
        Metrics="accuracy",
        Verbose=verbose,
    )
    layers = network(training[0][0].shape[1], len(classNames))
    net = dl.trainnet(*training, layers, "crossentropy", options)

    XTest, TTest = test
    accuracy: float = dl.testnet(net, XTest, TTest, "accuracy", SequencePaddingDirection="left")
    print(f"Test accuracy: {accuracy:.1f} %")

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "waveforms.safetensors"
        dl.saveNetwork(net, file)
        net = dl.loadNetwork(file)
    scores = dl.minibatchpredict(net, XTest, SequencePaddingDirection="left")
    labels = dl.scores2label(scores, classNames)
    print(dl.confusionmat(TTest, labels, Order=classNames))
    return accuracy


if __name__ == "__main__":
    main()
