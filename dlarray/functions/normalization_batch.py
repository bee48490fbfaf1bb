"""`batchnorm`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, operators
from ..array import dlarray, wrap
from ._formats import united
from .normalization import channelled, require_channel_vectors, rows_order

CALL = "batchnorm"
DECAY = 0.1


@_calls.explained
def batchnorm(
    X: Any,
    offset: Any,
    scaleFactor: Any,
    mu: Any = None,
    sigmaSq: Any = None,
    *,
    DataFormat: str | None = None,
    Epsilon: float = 1e-5,
    MeanDecay: float = DECAY,
    VarianceDecay: float = DECAY,
    nargout: int = 1,
) -> Any:
    """Normalize each channel to mean 0 and variance 1, then scale and shift it.

    ``scaleFactor * (x - mean) / sqrt(var + Epsilon) + offset`` by channel, mean and biased variance
    over all S, B, T and U: those of X, or with one output those given.

    ====================================================  ==========================================
    Call                                                  Results
    ====================================================  ==========================================
    ``batchnorm(X, offset, scaleFactor)``                 Y, by the statistics of X
    ``batchnorm(X, offset, scaleFactor, nargout=3)``      Y, popMu, popSigmaSq: also the statistics
    ``batchnorm(X, offset, scaleFactor, mu, sigmaSq)``    Y, by mu and sigmaSq: inference
    ``batchnorm(X, ..., mu, sigmaSq, nargout=3)``         Y, by the statistics of X, updatedMu,
                                                          updatedSigmaSq
    ====================================================  ==========================================

    An update is ``decay * (that of X) + (1 - decay) * (that given)``, with the biased variance of
    X; X without elements leaves the given values.

    Parameters
    ----------
    X : data with a C dimension.
    offset, scaleFactor : one number a channel.
    mu, sigmaSq : mean and variance, one number a channel, variances at least 0; both or neither.
    DataFormat : labels of an unformatted X; Y is then unformatted.
    Epsilon : added to the variance, above 0.
    MeanDecay, VarianceDecay : from 0 to 1, of the form that updates mu and sigmaSq.
    nargout : 1 or 3 results.

    Returns Y in the format of X, and the statistics as unformatted columns, one row a channel.  A
    channel of one value or of equal values has variance 0, and Y is the offset there.

    Raises
    ------
    FormatError : no C dimension.
    ShapeError : a parameter has another number of elements than X has channels.
    ValueError : a negative variance; one of mu and sigmaSq without the other.

    Examples
    --------
    >>> X = dlarray([[1.0, 2.0, 3.0, 4.0]], "CB")
    >>> Y, mu, sigmaSq = batchnorm(X, 0, 1, nargout=3)
    >>> Y.extractdata().round(6).tolist(), mu.item(), sigmaSq.item()
    ([[-1.341635, -0.447212, 0.447212, 1.341635]], 2.5, 1.25)
    """
    x, restore, channel = channelled(CALL, X, DataFormat)
    epsilon = _checks.positive(CALL, "Epsilon", Epsilon)
    _checks.nargout(CALL, nargout, (1, 3))
    decays = _decays(mu, sigmaSq, MeanDecay, VarianceDecay, nargout)
    names: tuple[str, ...] = ("offset", "scaleFactor")
    given = (mu, sigmaSq) if mu is not None else ()
    names += ("mu", "sigmaSq")[: len(given)]
    x, *values = united(CALL, x, names, offset, scaleFactor, *given)
    require_channel_vectors(CALL, x, channel, names, values)
    if given:
        _require_variances(values[3])
    axes: Any = {"outer": rows_order(x.fmt, channel), "channel": channel}
    if given and nargout == 1:
        return restore(wrap(operators.standardize(x, *values, **axes, epsilon=epsilon), x.fmt))
    stats = operators.batch_statistics(x, **axes)
    Y = restore(wrap(operators.batchnorm(x, *values[:2], stats, **axes, epsilon=epsilon), x.fmt))
    if nargout == 1:
        return Y
    columns = [
        operators.take(stats, index=(slice(None), slice(i, i + 1))) for i in range(stats.shape[1])
    ]
    if given:
        old = [operators.reshape(value, shape=columns[0].shape) for value in values[2:]]
        columns = [
            _updated(*triple, x._data.size) for triple in zip(columns, old, decays, strict=True)
        ]
    return Y, *(wrap(column, "") for column in columns)


def _decays(mu: Any, sigmaSq: Any, mean: Any, variance: Any, nargout: int) -> tuple[float, float]:
    """The decays of mean and variance, checked with the statistics that they are for."""
    decays = (
        _checks.number(CALL, "MeanDecay", mean, 0, 1),
        _checks.number(CALL, "VarianceDecay", variance, 0, 1),
    )
    if (mu is None) != (sigmaSq is None):
        alone, other = ("mu", "sigmaSq") if sigmaSq is None else ("sigmaSq", "mu")
        raise ValueError(f"{CALL}: {alone} is given without {other}. Give both or neither.")
    if decays != (DECAY, DECAY) and (mu is None or nargout == 1):
        raise ValueError(
            f"{CALL}: MeanDecay and VarianceDecay are for updated statistics. Give mu and sigmaSq "
            "and ask for them with nargout=3."
        )
    return decays


def _require_variances(sigmaSq: dlarray) -> None:
    values = sigmaSq._data
    if np.any(values < 0):
        raise ValueError(
            f"{CALL}: sigmaSq must be at least 0, a variance for each channel; its smallest "
            f"element is {np.nanmin(values):g}."
        )


def _updated(new: Any, old: Any, decay: float, count: int) -> Any:
    """decay * new + (1 - decay) * old, and old where ``count`` elements made no new one."""
    if not count:
        return old
    share, rest = (np.asarray(part, new.dtype) for part in (decay, 1 - decay))
    return operators.add(operators.mul(new, share), operators.mul(old, rest))
