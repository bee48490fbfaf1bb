"""References of functions of numbers, in extended precision where the platform has it."""

import numpy as np

Wide = np.longdouble


def erf(x):
    """By exp(-x^2) times a series of positive terms, which cancels nothing."""
    x = np.minimum(np.abs(x), 7) * np.sign(x)
    term = total = x.copy()
    for n in range(1, 250):
        term = term * 2 * x * x / (2 * n + 1)
        total = total + term
    return 2 / np.sqrt(Wide(np.pi)) * np.exp(-x * x) * total


def normal_tail(a):
    """The normal distribution at -a, for a >= 0: its series, and far out a continued fraction."""
    near, far = np.minimum(a, 3), np.maximum(a, 3)
    fraction = far
    for n in range(400, 0, -1):
        fraction = far + n / fraction
    density = np.exp(-far * far / 2) / np.sqrt(2 * Wide(np.pi))
    return np.where(a < 3, (1 - erf(near / np.sqrt(Wide(2)))) / 2, density / fraction)


def gelu(x):
    tail = normal_tail(np.abs(x))
    return np.maximum(x, 0) - np.abs(x) * tail


def gelu_slope(x):
    tail = normal_tail(np.abs(x))
    density = np.exp(-x * x / 2) / np.sqrt(2 * Wide(np.pi))
    return np.where(x < 0, tail, 1 - tail) + x * density


def gelu_tanh(x):
    w = 2 * np.sqrt(2 / Wide(np.pi)) * (x + Wide("0.044715") * x**3)
    return x / (1 + np.exp(-w))


def gelu_tanh_slope(x):
    root = 2 * np.sqrt(2 / Wide(np.pi))
    w = root * (x + Wide("0.044715") * x**3)
    share = 1 / (1 + np.exp(-w))
    return share + x * share / (1 + np.exp(w)) * root * (1 + Wide("0.134145") * x * x)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)
