"""`embed`: vectors of a table by their numbers."""

from __future__ import annotations

from typing import Any

from .. import _calls, _checks, operators
from ..array import described, dlarray, require_float, wrap
from ..formats import FormatError, ShapeError, find, memory_order
from ..operators.embed import class_index
from ._formats import constant, labelled

CALL = "embed"


@_calls.explained
def embed(
    X: Any,
    weights: Any,
    *,
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
    index_base: int = 0,
) -> dlarray:
    """The columns of ``weights`` that X names: a vector for each number.

    Parameters
    ----------
    X : whole numbers from index_base on; a C dimension must have size 1.
    weights : ``E × V``, column v the vector of word v, or with a label C for the vectors and U for
        the words; single or double.
    DataFormat : labels of an unformatted X; the result is then unformatted.
    WeightsFormat : labels of unformatted weights, "CU" or "UC".
    index_base : the number of the first word: 0, or 1 as in MATLAB.

    Returns the format of X, C of size E, in the type of the weights.  The derivative with respect
    to the weights adds up what a word gets from every place; X has none.

    Raises
    ------
    ShapeError : X has more than one channel.
    ValueError : a number that is no word.

    Examples
    --------
    >>> Y = embed(dlarray([[2, 0, 2]], "BT"), [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    >>> dims(Y), Y.extractdata()[:, 0].tolist()
    ('CBT', [[3.0, 1.0, 3.0], [30.0, 10.0, 30.0]])
    """
    x, restore = labelled(CALL, X, DataFormat)
    require_float(x, CALL)
    w = _table(constant(CALL, "weights", weights), WeightsFormat)
    if find(x.fmt, "C") and x.shape[x.fmt.index("C")] != 1:
        raise ShapeError(
            f"{CALL}: X holds one number a place, so that its C dimension has size 1; got "
            f"{described(x)}. Numbers of several channels need a table each."
        )
    fmt, shape = _with_channel(x)
    index = class_index(
        operators.reshape(x, shape=shape) if shape != x.shape else x,
        None,
        base=_checks.index_base(CALL, index_base),
        n=w.shape[1],
        what=f"{CALL}: X",
        advice="Words count from index_base, 0 by default.",
    )
    return restore(wrap(operators.embed(w, index, order=memory_order(fmt)), fmt))


def _table(w: dlarray, fmt: str | None) -> dlarray:
    """The weights as E × V."""
    if w.fmt and fmt:
        raise FormatError(
            f'{CALL}: weights are "{w.fmt}" already; WeightsFormat="{fmt}" is for unformatted data.'
        )
    require_float(w, f"{CALL}: weights")
    table = dlarray(w, fmt) if fmt else w
    if table.ndim != 2 or table.fmt not in ("", "CU"):
        raise FormatError(
            f"{CALL}: weights have a dimension C of vectors and a dimension U of words; got "
            f"{described(table)}. Give them as E × V, or name the dimensions with WeightsFormat."
        )
    return table


def _with_channel(x: dlarray) -> tuple[str, tuple[int, ...]]:
    """The format and the size of x with a C dimension of size 1."""
    if "C" in x.fmt:
        return x.fmt, x.shape
    place = x.fmt.count("S")
    return x.fmt[:place] + "C" + x.fmt[place:], (*x.shape[:place], 1, *x.shape[place:])
