"""Convolution layers, and networks of one layer."""

from __future__ import annotations

from typing import Any

import dlarray as dl


def conv(*arguments: Any, **options: Any) -> Any:
    return dl.convolution1dLayer(*arguments, **options)


def transposed(*arguments: Any, **options: Any) -> Any:
    return dl.transposedConv1dLayer(*arguments, **options)


def network(layer: dl.Layer, shape: tuple[int | None, ...], fmt: str) -> dl.dlnetwork:
    return dl.dlnetwork([layer], dl.networkDataLayout(shape, fmt))


def first(net: dl.dlnetwork) -> Any:
    return net.Layers[0]
