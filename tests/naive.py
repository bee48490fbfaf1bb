"""References in double precision, written from the definitions: loops, no Numba, no cleverness."""

from __future__ import annotations

from typing import Any

import numpy as np

PAD_MODES: dict[str, Any] = {
    "symmetric-include-edge": "symmetric",
    "symmetric-exclude-edge": "reflect",
    "replicate": "edge",
}


def padded(x, left, right, value=0.0):
    """x (B, L, C) with samples before and after; ``value`` is a number or a name of PAD_MODES."""
    widths = [(0, 0), (left, right), (0, 0)]
    x = np.asarray(x, np.float64)
    if isinstance(value, str):
        return np.pad(x, widths, mode=PAD_MODES[value])
    return np.pad(x, widths, constant_values=value)


def conv1d(x, w, bias=None, stride=1, dilation=1, left=0, right=0, value=0.0):
    """y (B, T, F) of x (B, L, C) and w (K, C, F)."""
    xp, w = padded(x, left, right, value), np.asarray(w, np.float64)
    k_size, _, n_filt = w.shape
    n_out = (xp.shape[1] - (k_size - 1) * dilation - 1) // stride + 1
    y = np.zeros((xp.shape[0], n_out, n_filt))
    for t in range(n_out):
        for k in range(k_size):
            y[:, t] += xp[:, t * stride + k * dilation] @ w[k]
    return y if bias is None else y + np.asarray(bias, np.float64).reshape(-1)


def conv1d_grad_w(x, dy, k_size, stride=1, dilation=1, left=0, right=0, value=0.0):
    """dw (K, C, F) of x (B, L, C) and dy (B, T, F)."""
    xp, dy = padded(x, left, right, value), np.asarray(dy, np.float64)
    dw = np.zeros((k_size, xp.shape[2], dy.shape[2]))
    for t in range(dy.shape[1]):
        for k in range(k_size):
            dw[k] += xp[:, t * stride + k * dilation].T @ dy[:, t]
    return dw


def conv1d_grad_x(dy, w, length, stride=1, dilation=1, left=0, right=0, value=0.0):
    """dx (B, L, C) of dy (B, T, F) and w (K, C, F): mirrored samples add to those that they
    copy.
    """
    dy, w = np.asarray(dy, np.float64), np.asarray(w, np.float64)
    dxp = np.zeros((dy.shape[0], left + length + right, w.shape[1]))
    for t in range(dy.shape[1]):
        for k in range(w.shape[0]):
            dxp[:, t * stride + k * dilation] += dy[:, t] @ w[k].T
    dx = np.zeros((dy.shape[0], length, w.shape[1]))
    places = np.arange(length)
    if isinstance(value, str) and length:
        places = np.pad(places, (left, right), mode=PAD_MODES[value])
    else:
        places = np.pad(places, (left, right), constant_values=-1)
    for position, place in enumerate(places):
        if place >= 0:
            dx[:, place] += dxp[:, position]
    return dx


def transposed_conv(x, w, bias=None, strides=(1,), dilations=(1,), ends=((0, 0),)):
    """y (B, T1..Tn, G*F) of x (B, L1..Ln, G*C) and w (K1..Kn, F, C, G); ``ends`` are cropped, and
    where one is negative samples are added.
    """
    x, w = np.asarray(x, np.float64), np.asarray(w, np.float64)
    *taps, n_filt, n_chan, groups = w.shape
    lengths = x.shape[1:-1]
    full = [
        (n - 1) * s + (k - 1) * d + 1
        for n, k, s, d in zip(lengths, taps, strides, dilations, strict=True)
    ]
    y = np.zeros((x.shape[0], *full, groups * n_filt))
    for t in np.ndindex(*lengths):
        for k in np.ndindex(*taps):
            at = tuple(i * s + j * d for i, s, j, d in zip(t, strides, k, dilations, strict=True))
            for g in range(groups):
                part = x[(slice(None), *t, slice(g * n_chan, (g + 1) * n_chan))]
                y[(slice(None), *at, slice(g * n_filt, (g + 1) * n_filt))] += part @ w[k][..., g].T
    for axis, (start, end) in enumerate(ends, 1):
        widths = [(0, 0)] * y.ndim
        widths[axis] = (max(-start, 0), max(-end, 0))
        y = np.pad(y, widths)
        y = np.take(y, range(max(start, 0), y.shape[axis] - max(end, 0)), axis)
    return y if bias is None else y + np.asarray(bias, np.float64).reshape(-1)


def _windows(taps, stride, dilation, out):
    """For each tap: its index, and the slices of padded data that it reads."""
    for index in np.ndindex(*taps):
        starts = [k * d for k, d in zip(index, dilation, strict=True)]
        spans = zip(starts, stride, out, strict=True)
        yield index, tuple(slice(a, a + (n - 1) * s + 1 if n else a, s) for a, s, n in spans)


def _padded_places(sizes, ends, value):
    """For each dimension, the sample that every padded position copies, or -1."""
    places = []
    for n, (left, right) in zip(sizes, ends, strict=True):
        samples = np.arange(n)
        if isinstance(value, str) and n:
            places.append(np.pad(samples, (left, right), mode=PAD_MODES[value]))
        else:
            places.append(np.pad(samples, (left, right), constant_values=-1))
    return places


def _pad(x, ends, value):
    """x (B, L..., C) with samples around; a position beyond a border in any dimension is padded."""
    x = np.asarray(x, np.float64)
    for axis, places in enumerate(_padded_places(x.shape[1:-1], ends, value), 1):
        beyond = places < 0
        x = (
            np.take(x, np.where(beyond, 0, places), axis)
            if x.shape[axis]
            else np.zeros((*x.shape[:axis], len(places), *x.shape[axis + 1 :]))
        )
        if beyond.any():
            x[(slice(None),) * axis + (beyond,)] = value if not isinstance(value, str) else 0.0
    return x


def _out_sizes(x, taps, stride, dilation):
    sizes = zip(x.shape[1:-1], taps, stride, dilation, strict=True)
    return [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in sizes]


def conv(x, w, bias=None, *, stride, dilation, ends, value=0.0, groups=1):
    """y (B, T..., F) of x (B, L..., C) and w (K..., C/G, F)."""
    xp, w = _pad(x, ends, value), np.asarray(w, np.float64)
    taps, (chans, n_filt) = w.shape[:-2], w.shape[-2:]
    out, each = _out_sizes(xp, taps, stride, dilation), n_filt // groups
    y = np.zeros((xp.shape[0], *out, n_filt))
    for index, slices in _windows(taps, stride, dilation, out):
        for g in range(groups):
            columns = slice(g * each, (g + 1) * each)
            part = xp[(slice(None), *slices, slice(g * chans, (g + 1) * chans))]
            y[..., columns] += np.tensordot(part, w[index][:, columns], 1)
    return y if bias is None else y + np.asarray(bias, np.float64).reshape(-1)


def conv_grad_w(x, dy, taps, *, stride, dilation, ends, value=0.0, groups=1):
    """dw (K..., C/G, F) of x (B, L..., C) and dy (B, T..., F)."""
    xp, dy = _pad(x, ends, value), np.asarray(dy, np.float64)
    chans, each = xp.shape[-1] // groups, dy.shape[-1] // groups
    dw = np.zeros((*taps, chans, dy.shape[-1]))
    rest = list(range(dy.ndim - 1))
    for index, slices in _windows(taps, stride, dilation, dy.shape[1:-1]):
        for g in range(groups):
            columns = slice(g * each, (g + 1) * each)
            part = xp[(slice(None), *slices, slice(g * chans, (g + 1) * chans))]
            dw[index][:, columns] = np.tensordot(part, dy[..., columns], (rest, rest))
    return dw


def conv_grad_x(dy, w, sizes, *, stride, dilation, ends, value=0.0, groups=1):
    """dx (B, sizes..., C) of dy (B, T..., F) and w (K..., C/G, F)."""
    dy, w = np.asarray(dy, np.float64), np.asarray(w, np.float64)
    chans, each = w.shape[-2], w.shape[-1] // groups
    wide = [n + sum(end) for n, end in zip(sizes, ends, strict=True)]
    dxp = np.zeros((dy.shape[0], *wide, chans * groups))
    for index, slices in _windows(w.shape[:-2], stride, dilation, dy.shape[1:-1]):
        for g in range(groups):
            columns = slice(g * each, (g + 1) * each)
            part = np.tensordot(dy[..., columns], w[index][:, columns].T, 1)
            dxp[(slice(None), *slices, slice(g * chans, (g + 1) * chans))] += part
    for axis, places in enumerate(_padded_places(sizes, ends, value), 1):
        dx = np.zeros((*dxp.shape[:axis], sizes[axis - 1], *dxp.shape[axis + 1 :]))
        before: Any = (slice(None),) * axis
        for position, place in enumerate(places):
            if place >= 0:
                dx[(*before, place)] += dxp[(*before, position)]
        dxp = dx
    return dxp


def layernorm(x, axes, channel, offset, scale, epsilon=1e-5):
    """x normalized over ``axes``, scaled and shifted along the axis ``channel``."""
    x = np.asarray(x, np.float64)
    shape = [1] * x.ndim
    shape[channel] = x.shape[channel]
    mean = x.mean(axis=axes, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    xhat = (x - mean) / np.sqrt(variance + epsilon)
    return xhat * np.reshape(scale, shape) + np.reshape(offset, shape)


def softmax(x, axis):
    e = np.exp(np.asarray(x, np.float64) - np.max(x, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def adam(p, g, m, v, t, rate=0.001, decay=0.9, sq_decay=0.999, epsilon=1e-8):
    """One step of Adam with the bias correction in the rate; returns p, m, v."""
    m = decay * m + (1 - decay) * g
    v = sq_decay * v + (1 - sq_decay) * g**2
    rate = rate * np.sqrt(1 - sq_decay**t) / (1 - decay**t)
    return p - rate * m / (np.sqrt(v) + epsilon), m, v


def groupnorm(x, inner, channel, groups, offset, scale, epsilon=1e-5):
    """x normalized over the axes ``inner`` and each group of neighbours along ``channel``."""
    x = np.asarray(x, np.float64)
    y = np.empty(x.shape)
    size = x.shape[channel] // groups
    for first in range(0, x.shape[channel], size):
        part = tuple(
            slice(first, first + size) if axis == channel else slice(None) for axis in range(x.ndim)
        )
        gain, shift = (np.ravel(p)[first : first + size] for p in (scale, offset))
        y[part] = layernorm(x[part], (*inner, channel), channel, shift, gain, epsilon)
    return y


def statistics(x, channel):
    """Mean and biased variance over all axes but ``channel``."""
    rows = np.moveaxis(np.asarray(x, np.float64), channel, 0).reshape(np.shape(x)[channel], -1)
    mean = rows.sum(1) / rows.shape[1]
    return mean, ((rows - mean[:, None]) ** 2).sum(1) / rows.shape[1]


def batchnorm(x, channel, offset, scale, mean=None, variance=None, epsilon=1e-5):
    """x by its own statistics or those given, scaled and shifted, all along ``channel``."""
    if mean is None:
        mean, variance = statistics(x, channel)
    shape = [1] * np.ndim(x)
    shape[channel] = np.shape(x)[channel]
    mean, variance, offset, scale = (
        np.reshape(np.asarray(p, np.float64), shape) for p in (mean, variance, offset, scale)
    )
    return (np.asarray(x, np.float64) - mean) / np.sqrt(variance + epsilon) * scale + offset


def crosschannelnorm(x, channel, window, alpha=1e-4, beta=0.75, k=2.0):
    """x / (k + alpha/window * sum of squares over a window along ``channel``) ** beta."""
    moved = np.moveaxis(np.asarray(x, np.float64), channel, 0)
    y = np.empty(moved.shape)
    for c in range(len(moved)):
        around = moved[max(0, c - (window - 1) // 2) : c + window // 2 + 1]
        y[c] = moved[c] / (k + alpha / window * (around**2).sum(0)) ** beta
    return np.moveaxis(y, 0, channel)


def page_matmul(a, b):
    """The matrix products of pages (..., M, K) and (..., K, N), a sum over K."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    y = np.zeros((*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]))
    for k in range(a.shape[-1]):
        y += a[..., :, k, None] * b[..., None, k, :]
    return y


def windows(length, k, stride=1, left=0, right=0):
    """For each window of k samples the samples that it holds, padding left out."""
    n_out = (length + left + right - k) // stride + 1
    starts = [t * stride - left for t in range(n_out)]
    return [[p for p in range(start, start + k) if 0 <= p < length] for start in starts]


def maxpool(x, k, stride=1, left=0, right=0):
    """y (B, T, C) of x (B, L, C) and the position in x of each; -Inf and -1 of nothing."""
    held = windows(x.shape[1], k, stride, left, right)
    shape = (x.shape[0], len(held), x.shape[2])
    y, place = np.full(shape, -np.inf, x.dtype), np.full(shape, -1)
    for b, t, c in np.ndindex(shape):
        for p in held[t]:
            better = x[b, p, c] > y[b, t, c] or (np.isnan(x[b, p, c]) and not np.isnan(y[b, t, c]))
            if place[b, t, c] < 0 or better:
                y[b, t, c], place[b, t, c] = x[b, p, c], p
    return y, place


def unpool(dy, place, length):
    """dx (B, L, C): each dy added at its position."""
    dx = np.zeros((dy.shape[0], length, dy.shape[2]))
    for b, t, c in np.ndindex(dy.shape):
        if place[b, t, c] >= 0:
            dx[b, place[b, t, c], c] += dy[b, t, c]
    return dx


def averages(length, k, stride=1, left=0, right=0, mean=False):
    """The matrix (T, L) that averages over windows."""
    held = windows(length, k, stride, left, right)
    matrix = np.zeros((len(held), length))
    for t, positions in enumerate(held):
        matrix[t, positions] = 1 / (len(positions) if mean and positions else k)
    return matrix
