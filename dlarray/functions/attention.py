"""`attention`: dot-product attention of several heads."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, operators
from ..array import described, dlarray, require_float, wrap
from ..formats import FormatError, ShapeError, describe, find, inverse
from ..tape import constant as known
from ._formats import constant, labelled, united
from .random import draw_key

CALL = "attention"


@_calls.explained
def attention(
    queries: Any,
    keys: Any,
    values: Any,
    numHeads: int,
    *,
    Scale: str | float = "auto",
    AttentionMask: Any = "none",
    PaddingMask: Any = None,
    DropoutProbability: float = 0.0,
    DataFormat: str | None = None,
    rng: np.random.Generator | None = None,
    nargout: int = 1,
) -> Any:
    """Weighted means of the values, the weights from the products of queries and keys.

    For each head, ``softmax over keys(Scale keys' queries + mask)``, then the values times that.
    Head h has the h-th block of channels.

    Parameters
    ----------
    queries : data with C, one sequence dimension S or T, and B or none.
    keys, values : the same format; unformatted ones have the dimensions of the queries.
        The keys have the channels of the queries, the values the sequence length of the keys.
    numHeads : how many heads; divides the channels of queries, keys and values.
    Scale : a number, or "auto": 1 / sqrt(channels of the keys in a head).
    AttentionMask : "none"; "causal": query m sees the keys up to m; a logical array ``keys ×
        queries``, true where a query sees a key; or numbers of that size, which multiply the
        scaled products.
    PaddingMask : true or nonzero for keys that are data, in the format of the keys with C of size
        1; a query that sees no key gets zeros.
    DropoutProbability : the probability that a weight is set to 0, the others being divided by one
        minus it.
    DataFormat : labels of unformatted queries, keys, values and PaddingMask; the result is then
        unformatted.
    rng : the generator that the dropout is drawn from; by default that of the package.
    nargout : 2 for ``(Y, weights)``.

    Returns the format of the queries, with the channels of the values; with ``nargout=2`` also the
    weights that multiplied the values, unformatted ``keys × queries × heads × observations``.

    Raises
    ------
    FormatError : no C, or not one S or T dimension; keys or values of another format.
    ShapeError : sizes of queries, keys and values do not fit, or numHeads does not divide channels.

    Examples
    --------
    >>> Q = dlarray([[1.0], [0.0]], "CT")
    >>> K, V = dlarray([[1.0, 0.0], [0.0, 1.0]], "CT"), dlarray([[10.0, 20.0]], "CT")
    >>> round(attention(Q, K, V, 1).item(), 6)
    13.302385
    """
    _checks.nargout(CALL, nargout, (1, 2))
    q, restore = labelled(CALL, queries, DataFormat, "queries")
    require_float(q, f"{CALL}: queries")
    q, k, v = united(CALL, q, ("keys", "values"), keys, values)
    k, v = (_like(q, x, name, DataFormat) for name, x in (("keys", k), ("values", v)))
    heads = _checked_heads(q, k, v, numHeads)
    scale = _scale(Scale, k.shape[k.fmt.index("C")] // heads, q.dtype)
    p = _checks.number(CALL, "DropoutProbability", DropoutProbability, 0, 1, below=True)
    key = _key(rng) if p else None

    by_head = [_split(x, heads) for x in (q, k, v)]
    scores = operators.page_matmul(
        operators.mul(by_head[0], scale), operators.transposed(by_head[1])
    )
    factor, seen = _attention_mask(AttentionMask, k, q)
    seen = _also(seen, _padding_mask(PaddingMask, k, DataFormat))
    if factor is not None:
        scores = operators.mul(scores, operators.cast(factor, dtype=q.dtype))
    weights = _weights(scores, seen)
    if key is not None:
        weights = operators.dropout(weights, probability=p, key=key, order=(0, 1, 2, 3))
    y = operators.page_matmul(weights, by_head[2], order=(0, 2, 1, 3))
    Y = restore(wrap(_joined(y, q.fmt), q.fmt))
    return Y if nargout == 1 else (Y, wrap(operators.permute(weights, order=(3, 2, 1, 0)), ""))


def _weights(scores: Any, seen: Any) -> Any:
    """The softmax of the scores over keys that are seen; zeros where none is."""
    if seen is None:
        return operators.softmax(scores, axis=3)
    # not -Inf, which would give NaN where no key is seen; a quarter, so that nothing overflows
    lowest = float(np.finfo(scores.dtype).min) / 4
    weights = operators.softmax(operators.masked(scores, seen, value=lowest), axis=3)
    return operators.masked(weights, seen, value=0.0)


# -- checks ---------------------------------------------------------------------------------------


def _like(q: dlarray, x: dlarray, name: str, fmt: str | None) -> dlarray:
    """Keys or values in the format of the queries."""
    labels = dlarray(x, fmt or q.fmt) if not x.fmt and x.ndim <= q.ndim else x
    if labels.fmt != q.fmt:
        raise FormatError(
            f"{CALL}: {name} must have the format of the queries, or none.\n"
            f"  queries: {described(q)}\n  {name}: {described(x)}"
        )
    return labels


def _sequence_axis(q: dlarray) -> int:
    axes = find(q.fmt, "S") + find(q.fmt, "T")
    if len(axes) != 1 or "C" not in q.fmt or "U" in q.fmt:
        raise FormatError(
            f"{CALL}: queries need a C dimension, one sequence dimension S or T, and B or none; "
            f'got {described(q)}. Name them when making the array, for example "CBT".'
        )
    return axes[0]


def _checked_heads(q: dlarray, k: dlarray, v: dlarray, heads: Any) -> int:
    heads = _checks.integer(CALL, "numHeads", heads)
    axis, channel, batch = _sequence_axis(q), q.fmt.index("C"), q.fmt.find("B")
    sizes = f"\n  queries: {described(q)}\n  keys:    {described(k)}\n  values:  {described(v)}"
    if k.shape[channel] != q.shape[channel]:
        raise ShapeError(f"{CALL}: keys must have the channels of the queries.{sizes}")
    if v.shape[axis] != k.shape[axis]:
        raise ShapeError(f"{CALL}: values must have the sequence length of the keys.{sizes}")
    if batch >= 0 and not q.shape[batch] == k.shape[batch] == v.shape[batch]:
        raise ShapeError(
            f"{CALL}: queries, keys and values must have the same number of observations.{sizes}"
        )
    if k.shape[channel] % heads or v.shape[channel] % heads:
        raise ShapeError(
            f"{CALL}: numHeads must divide the channels of queries, keys and values; got {heads} "
            f"heads.{sizes}"
        )
    return heads


def _scale(value: Any, channels: int, dtype: Any) -> Any:
    if isinstance(value, str):
        _checks.choice(CALL, "Scale", value, ("auto",), other="a number")
        value = 1 / np.sqrt(channels) if channels else 1.0
    return np.asarray(_checks.number(CALL, "Scale", value), dtype)


def _key(rng: Any) -> Any:
    """The key that dropout is drawn from."""
    if rng is None:
        return draw_key()
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{CALL}: rng must be a numpy.random.Generator or None; got {type(rng).__name__}."
        )
    return int(rng.integers(0, 2**64, dtype="u8"))


# -- masks, as arrays (observations, heads, queries, keys) ----------------------------------------


def _attention_mask(mask: Any, k: dlarray, q: dlarray) -> tuple[Any, Any]:
    """What multiplies the scores, and what a query sees; None for all."""
    axis = _sequence_axis(q)
    n_keys, n_queries = k.shape[axis], q.shape[axis]
    if isinstance(mask, str):
        kind = _checks.choice(
            CALL, "AttentionMask", mask, ("none", "causal"), other="an array keys × queries"
        )
        if kind == "none":
            return None, None
        seen = np.tri(n_queries, n_keys, dtype=np.bool_)
        return None, known(seen[np.newaxis, np.newaxis])
    m = constant(CALL, "AttentionMask", mask)
    if m.shape != (n_keys, n_queries):
        raise ShapeError(
            f"{CALL}: AttentionMask must have the size {describe((n_keys, n_queries))}, keys × "
            f"queries; got {described(m)}."
        )
    pages = operators.reshape(operators.permute(m, order=(1, 0)), shape=(1, 1, n_queries, n_keys))
    return (None, pages) if m.dtype.kind == "b" else (pages, None)


def _padding_mask(mask: Any, k: dlarray, fmt: str | None) -> Any:
    """Which keys are data; None for all."""
    if mask is None:
        return None
    m = constant(CALL, "PaddingMask", mask)
    if m.size == 0 and k.size:
        return None
    m = dlarray(m, fmt or k.fmt) if not m.fmt and m.ndim <= k.ndim else m
    axis, channel, batch = _sequence_axis(k), k.fmt.index("C"), k.fmt.find("B")
    fits = m.fmt == k.fmt and m.shape[channel] == 1 and m.shape[axis] == k.shape[axis]
    if not fits or (batch >= 0 and m.shape[batch] not in (1, k.shape[batch])):
        raise ShapeError(
            f"{CALL}: PaddingMask must have the size of the keys with one channel.\n"
            f"  keys:        {described(k)}\n  PaddingMask: {described(m)}"
        )
    order = (axis, channel) if batch < 0 else (axis, batch, channel)
    moved = operators.permute(m, order=order)  # keys, observations
    observations = 1 if batch < 0 else m.shape[batch]
    pages = operators.reshape(moved, shape=(m.shape[axis], 1, 1, observations))
    return operators.permute(pages, order=(3, 2, 1, 0))


def _also(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else operators.both(a, b)


# -- heads ----------------------------------------------------------------------------------------


def _order(fmt: str) -> tuple[int, ...]:
    """The axes of channels, the sequence, observations."""
    return tuple(find(fmt, "C") + find(fmt, "S") + find(fmt, "T") + find(fmt, "B"))


def _split(x: dlarray, heads: int) -> Any:
    """x as pages (observations, heads, sequence, channels of a head)."""
    moved = operators.permute(x, order=_order(x.fmt))
    n, length, *batch = moved.shape
    pages = operators.reshape(moved, shape=(n // heads, heads, length, *(batch or (1,))))
    return operators.permute(pages, order=(3, 1, 2, 0))


def _joined(y: Any, fmt: str) -> Any:
    """Pages (observations, heads, sequence, channels) back as data with labels ``fmt``."""
    batch, heads, length, n = y.shape
    moved = operators.permute(y, order=(3, 1, 2, 0))
    shape = (n * heads, length, batch) if "B" in fmt else (n * heads, length)
    return operators.permute(operators.reshape(moved, shape=shape), order=inverse(_order(fmt)))
