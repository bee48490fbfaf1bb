"""Sequence classification with a training loop of one's own, on generated waveforms.

Run it with ``python -m dlarray.examples.sequence_classification_custom_training_loop``.  The
network is that of the example with `trainnet`; here the mini-batches, the loss, its gradients and
the update of the parameters are spelled out.
"""

from __future__ import annotations

from typing import Any

import dlarray as dl
from dlarray.examples.sequence_classification_1d_convolutions import load, network


def modelLoss(net: dl.dlnetwork, X: dl.dlarray, T: dl.dlarray) -> tuple[Any, ...]:
    """The loss of a mini-batch, its gradients and the new state of the network."""
    Y, state = dl.forward(net, X, nargout=2)
    loss = dl.crossentropy(Y, T)
    return loss, dl.dlgradient(loss, net.Learnables), state


def main(numEpochs: int = 60, *, verbose: bool = True) -> float:
    """Train and test; returns the test accuracy in percent."""
    (XTrain, TTrain), _, (XTest, TTest) = load()
    classes = dl.categories(TTrain)

    def preprocessMiniBatch(X: list[Any], T: list[Any]) -> tuple[Any, Any]:
        return dl.padsequences(X, 0, Direction="left"), dl.onehotencode(T, 1, ClassNames=classes)

    net = dl.dlnetwork(network(XTrain[0].shape[1], len(classes)))
    mbq = dl.minibatchqueue(
        dl.combine(dl.arrayDatastore(XTrain), dl.arrayDatastore(list(TTrain))),
        MiniBatchFcn=preprocessMiniBatch,
        MiniBatchFormat=["TCB", "BC"],
    )
    averageGrad = averageSqGrad = None
    iteration = 0
    for epoch in range(1, numEpochs + 1):
        dl.shuffle(mbq)
        for X, T in mbq:
            iteration += 1
            loss, gradients, net.State = dl.dlfeval(modelLoss, net, X, T)
            net, averageGrad, averageSqGrad = dl.adamupdate(
                net, gradients, averageGrad, averageSqGrad, iteration, 0.01
            )
        if verbose:
            print(f"Epoch {epoch}: loss of the last mini-batch {loss.item():.4f}")
    scores = dl.minibatchpredict(net, XTest, SequencePaddingDirection="left")
    accuracy = float(100 * (dl.scores2label(scores, classes) == TTest).mean())
    print(f"Test accuracy: {accuracy:.1f} %")
    return accuracy


if __name__ == "__main__":
    main()
