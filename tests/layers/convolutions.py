"""Convolution layers, networks of one layer, and how weights are spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl


def conv(*arguments: Any, **options: Any) -> Any:
    return dl.convolution1dLayer(*arguments, **options)


def transposed(*arguments: Any, **options: Any) -> Any:
    return dl.transposedConv1dLayer(*arguments, **options)


def network(layer: dl.Layer, shape: tuple[int | None, ...], fmt: str) -> dl.dlnetwork:
    return dl.dlnetwork([layer], dl.networkDataLayout(shape, fmt))


def first(net: dl.dlnetwork) -> Any:
    return net.Layers[0]


def assert_uniform(w: Any, bound: float) -> None:
    """Weights lie evenly between -bound and bound, and are single."""
    assert w.dtype == np.float32
    assert np.abs(w).max() <= np.float32(bound)
    assert np.abs(w).max() > 0.999 * bound
    assert w.mean() == pytest.approx(0, abs=0.01 * bound)
    assert w.var() == pytest.approx(bound**2 / 3, rel=0.02)


def assert_normal(w: Any, deviation: float) -> None:
    """Weights are normally distributed with this deviation, and are single."""
    assert w.dtype == np.float32
    assert w.mean() == pytest.approx(0, abs=0.02 * deviation)
    assert w.std() == pytest.approx(deviation, rel=0.02)
    assert np.abs(w).max() > 3.5 * deviation
