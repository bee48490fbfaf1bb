"""Dilated causal convolution, the heart of temporal convolutional networks; see `bench.conv1d`.

PyTorch has no causal padding: it pads before the call, or pads both ends and cuts the result off.
"""

from __future__ import annotations

from .conv1d import COLUMNS, MEASURES, Case, jax, onnxruntime, ours, torch

__all__ = ["CASES", "COLUMNS", "MEASURES", "Case", "jax", "onnxruntime", "ours", "torch"]

CASES = (
    Case(16, 512, 64, 64, 3, dilation=4, padding="causal"),
    Case(4, 2000, 32, 32, 3, dilation=8, padding="causal"),
    Case(1, 64000, 64, 64, 5, dilation=1, padding="causal"),
    Case(1, 64000, 64, 64, 5, dilation=8, padding="causal"),
    Case(8, 4096, 16, 16, 51, dilation=8, padding="causal"),
    Case(8, 1024, 64, 64, 9, dilation=8, groups=64, padding="causal"),
)
