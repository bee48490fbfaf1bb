"""Elementwise functions with NumPy's equals, and a comparison of labels and values."""

import operator
from typing import Any

import numpy as np

import dlarray as dl

COMPARISONS: list[Any] = [
    (dl.eq, operator.eq, np.equal),
    (dl.ne, operator.ne, np.not_equal),
    (dl.lt, operator.lt, np.less),
    (dl.le, operator.le, np.less_equal),
    (dl.gt, operator.gt, np.greater),
    (dl.ge, operator.ge, np.greater_equal),
]
UNARY = [
    (dl.exp, np.exp),
    (dl.log, np.log),
    (dl.sqrt, np.sqrt),
    (dl.tanh, np.tanh),
    (dl.sign, np.sign),
    (dl.abs, np.abs),
    (dl.uminus, np.negative),
]
