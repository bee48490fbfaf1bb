"""Labels of classes: encoding, decoding, counting.

Labels are a NumPy array or list of text or integers, or a pandas categorical.  Classes are the
categories of a categorical, else the sorted unique values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, operators
from .._checks import listed
from ..array import dlarray, wrap
from ..array.protocols import plain
from ..formats import Shape, ShapeError, describe, resolve_axis
from ..operators.embed import one_hot
from ..tape import constant, decides

Array = np.ndarray[Any, Any]

_INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]

# Types of encodings and decoded labels by MATLAB's names and NumPy's.
ENCODED: dict[str, Any] = {
    "double": np.float64,
    "single": np.float32,
    "logical": np.bool_,
    **{name: np.dtype(name).type for name in ("float64", "float32", *_INTEGERS)},
}


_NUMBERS = (int, float, np.integer, np.floating, np.bool_)
_CONTAINERS = (list, tuple, dict, set, np.ndarray)


def categories(labels: Any) -> Array:
    """The classes of labels, in order; a missing label (None, NaN) is no class.

    Examples
    --------
    >>> categories(["red", "blue", "red"]).tolist()
    ['blue', 'red']
    """
    known = _categories_of(labels)
    if known is not None:
        return known
    values, missing = _values("categories", labels)
    if values.dtype.kind not in "USbiu" and values.size:
        raise TypeError(
            f"categories: labels are text or integers, or a pandas categorical; got {values.dtype}."
        )
    return np.unique(values[~missing])


def _categories_of(labels: Any) -> Array | None:
    """The categories of a pandas categorical or a series of one; else None."""
    categorical = getattr(labels, "cat", labels)
    found = getattr(categorical, "categories", None)
    return None if found is None else np.asarray(found)


def has_categories(labels: Any) -> bool:
    """Whether labels are a pandas categorical or a series of one."""
    return _categories_of(labels) is not None


def _values(call: str, labels: Any) -> tuple[Array, Array]:
    """Labels as text or numbers, and where one is missing (None, NaN)."""
    values = plain(labels, call)
    missing = np.zeros(values.shape, np.bool_)
    if values.dtype.kind not in "Of":
        return values, missing
    flat = values.reshape(-1).tolist()
    absent = [is_missing(v) for v in flat]
    present = [v for v, gone in zip(flat, absent, strict=True) if not gone]
    odd = next((v for v in present if isinstance(v, _CONTAINERS)), None)
    if odd is not None:
        raise TypeError(f"{call}: a label is text or a number; got {odd!r}.")
    numbers = bool(present) and all(isinstance(v, _NUMBERS) for v in present)
    kept = [(0 if numbers else "") if gone else v for v, gone in zip(flat, absent, strict=True)]
    values = np.array(kept, None if numbers else np.str_).reshape(values.shape)
    return values, np.array(absent, np.bool_).reshape(values.shape)


def is_missing(label: Any) -> bool:
    """Whether a label is None, NaN of any type, or what pandas puts for a missing one."""
    if label is None or type(label).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(label, (float, np.floating)) and bool(np.isnan(label))


def class_indices(labels: Any, classes: Any) -> Array:
    """The place of each label among the classes, -1 where it is none; the shape of the labels."""
    known = np.asarray(classes)
    values, missing = _values("class labels", labels)
    if (known.dtype.kind in "US") != (values.dtype.kind in "US"):
        values, known = values.astype(str), known.astype(str)
    if not len(known) or not values.size:
        return np.full(values.shape, -1)
    order = np.argsort(known)
    place = order[np.minimum(np.searchsorted(known, values, sorter=order), len(known) - 1)]
    return np.where((known[place] == values) & ~missing, place, -1)


@_calls.explained
def onehotencode(
    A: Any, featureDim: int | str | None = None, typename: str = "double", *, ClassNames: Any = None
) -> Any:
    """Labels as vectors of zeros with a one at the class.

    Parameters
    ----------
    A : labels, one dimension counts as a column; a dlarray of numbers; or a pandas table of one
        column.
    featureDim : the dimension, from 0, of size 1 (or one past the last) along which classes go; of
        a dlarray also its label.  A table takes none.
    typename : "double", "single", "logical" or an integer type such as "int8".
    ClassNames : the classes in order; by default those of A.  A dlarray needs them.

    Labels that are none of the classes become NaN vectors; for a type without NaN they are an
    error.

    Returns an array, a dlarray in the format of A, or a table with a column for each class.

    Raises
    ------
    ShapeError : the size along featureDim is not 1.
    ValueError : a label without class, in a type without NaN.

    Examples
    --------
    >>> onehotencode(["b", "a", "b"], 1).tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    call = "onehotencode"
    if typename not in ENCODED:
        raise ValueError(f"{call}: typename must be one of {listed(ENCODED)}; got {typename!r}.")
    if hasattr(A, "columns") and hasattr(A, "iloc"):
        return _encoded_table(call, A, featureDim, typename, ClassNames)
    if featureDim is None:
        raise TypeError(f"{call}: featureDim, the dimension of the classes, must be given.")
    if isinstance(A, dlarray):
        return _encoded_dlarray(call, A, featureDim, typename, ClassNames)
    classes = categories(A) if ClassNames is None else np.asarray(ClassNames)
    index = class_indices(A, classes)
    index = index.reshape(-1, 1) if index.ndim < 2 else index
    dim = _checks.axis(call, "featureDim", featureDim, index.ndim)
    index = index[..., np.newaxis] if dim == index.ndim else index
    _require_single(call, featureDim, dim, index.shape)
    places = constant(np.arange(len(classes)))
    return one_hot(constant(index), places, axis=dim, dtype=ENCODED[typename], call=call)


def _require_single(call: str, featureDim: Any, dim: int, shape: Shape) -> None:
    """Raise unless the labels have size 1 where the classes go."""
    if not 0 <= dim < len(shape) or shape[dim] != 1:
        raise ShapeError(
            f"{call}: dimension {featureDim} must have size 1, for the classes; the labels "
            f"have size {describe(shape)}."
        )


def _encoded_dlarray(
    call: str, A: dlarray, featureDim: int | str, typename: str, ClassNames: Any
) -> dlarray:
    """Numbers in a dlarray, encoded along one of its dimensions or one more, labelled U."""
    dtype = np.dtype(ENCODED[typename])
    if ClassNames is None:
        raise TypeError(f"{call}: a dlarray needs ClassNames, the numbers that are classes.")
    if dtype.kind in "iu":
        raise ValueError(
            f'{call}: of a dlarray typename must be "double", "single" or "logical"; got '
            f"{typename!r}."
        )
    if isinstance(featureDim, str):
        dim = resolve_axis(featureDim, A.fmt, A.ndim, call)
    else:
        dim = _checks.axis(call, "featureDim", featureDim, A.ndim)
    classes = constant(np.asarray(ClassNames))
    if classes.dtype.kind not in "biuf":
        raise TypeError(f"{call}: the classes of a dlarray are numbers; got {classes.dtype}.")
    column: Any = A
    if dim == A.ndim:
        column = operators.reshape(A, shape=(*A.shape, 1))
    _require_single(call, featureDim, dim, column.shape)
    encoded = one_hot(column, classes, axis=dim, dtype=dtype, call=call)
    return wrap(encoded, A.fmt + "U" * (encoded.ndim - A.ndim) if A.fmt else "")


def _encoded_table(call: str, A: Any, featureDim: Any, typename: str, ClassNames: Any) -> Any:
    """A pandas table with a column for each class of the one column of A."""
    if featureDim is not None:
        raise TypeError(f"{call}: a table takes no featureDim: its columns become the classes.")
    if A.shape[1] != 1:
        raise ShapeError(
            f"{call}: a table of labels must have one column; got {A.shape[1]}: "
            f"{listed(str(name) for name in A.columns)}. Select one."
        )
    labels = A.iloc[:, 0]
    classes = categories(labels) if ClassNames is None else np.asarray(ClassNames)
    encoded = onehotencode(labels, 1, typename, ClassNames=classes)
    return type(A)(encoded, columns=list(classes), index=A.index)


@_calls.explained
def onehotdecode(B: Any, classes: Any, featureDim: int | str, typename: str | None = None) -> Array:
    """The class at the maximum along a dimension, the first one at ties.

    Parameters
    ----------
    B : scores or one-hot vectors, an array or dlarray.
    classes : the classes in order.
    featureDim : the dimension of the classes, from 0, or the label of a dlarray's dimension.
    typename : "string"; a numeric type such as "single" or "int8"; None or "categorical" for the
        type of the classes.

    NaN is passed over; a vector of NaN alone decodes to a missing label: None, or NaN where classes
    are numbers.

    Returns an array of classes, of size 1 along the dimension.

    Raises
    ------
    ShapeError : the size along featureDim is not the number of classes.

    Examples
    --------
    >>> onehotdecode([[0.2, 0.8], [0.9, 0.1]], ["a", "b"], 1).ravel().tolist()
    ['b', 'a']
    """
    call = "onehotdecode"
    names = _as_named(call, np.atleast_1d(plain(classes, f"{call}: classes")), typename)
    values = B._data if isinstance(B, dlarray) else plain(B, call)
    decides(call, values)  # classes are no dlarray: a replay would give those of the first call
    if isinstance(featureDim, str) and isinstance(B, dlarray):
        dim = resolve_axis(featureDim, B.fmt, B.ndim, call)
    else:
        dim = _checks.axis(call, "featureDim", featureDim, values.ndim)
    if not 0 <= dim < values.ndim or values.shape[dim] != len(names):
        raise ShapeError(
            f"{call}: dimension {featureDim} must have one element for each of {len(names)} "
            f"classes; got size {describe(values.shape)}."
        )
    nan = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, np.bool_)
    if not nan.any():
        return np.expand_dims(names[np.argmax(values, axis=dim)], dim)
    largest = np.where(nan, -np.inf, values).max(axis=dim, keepdims=True)
    decoded = np.expand_dims(names[np.argmax(values == largest, axis=dim)], dim)
    return _or_missing(call, decoded, np.all(nan, axis=dim, keepdims=True), typename)


def _as_named(call: str, names: Array, typename: str | None) -> Array:
    """The classes in the type of the decoded labels."""
    if typename is None or typename == "categorical":
        return names
    if typename == "string":
        return names.astype(str)
    if typename not in ENCODED:
        raise ValueError(
            f'{call}: typename must be "categorical", "string" or one of {listed(ENCODED)}; got '
            f"{typename!r}."
        )
    try:
        return names.astype(ENCODED[typename])
    except (TypeError, ValueError):
        raise ValueError(
            f"{call}: the classes {names.tolist()} are no numbers, so they can't be of type "
            f'{typename}. Use "string".'
        ) from None


def _or_missing(call: str, decoded: Array, missing: Array, typename: str | None) -> Array:
    """Decoded labels, missing ones None or NaN."""
    if not missing.any():
        return decoded
    kind = decoded.dtype.kind
    if kind in "biu" and typename not in (None, "categorical"):
        place = tuple(int(i) for i in np.argwhere(missing)[0])
        raise ValueError(
            f"{call}: the vector at {place} is NaN, a missing label, and {typename} holds no NaN. "
            'Use "double" or "string".'
        )
    if kind in "biuf":
        return np.where(missing, np.nan, decoded)
    decoded = decoded.astype(object)
    decoded[missing] = None
    return decoded


@_calls.explained
def confusionmat(trueLabels: Any, predictedLabels: Any, *, Order: Any = None) -> Array:
    """Counts of observations: row i, column j is of class i and was predicted as j.

    Parameters
    ----------
    trueLabels, predictedLabels : labels, one an observation.
    Order : the classes in order; by default the categories of a categorical, then further labels,
        sorted.

    Examples
    --------
    >>> confusionmat(["a", "b", "b"], ["a", "a", "b"]).tolist()
    [[1, 0], [1, 1]]
    """
    counts = [plain(labels, "confusionmat").size for labels in (trueLabels, predictedLabels)]
    if counts[0] != counts[1]:
        raise ShapeError(
            f"confusionmat: {counts[0]} true labels and {counts[1]} predicted ones; give one for "
            "each."
        )
    classes = _joint_classes(trueLabels, predictedLabels) if Order is None else np.asarray(Order)
    rows, cols = (
        class_indices(labels, classes).reshape(-1) for labels in (trueLabels, predictedLabels)
    )
    if (rows < 0).any() or (cols < 0).any():
        raise ValueError("confusionmat: a label is not in Order. Name every class in it.")
    matrix = np.zeros((len(classes), len(classes)), int)
    np.add.at(matrix, (rows, cols), 1)
    return matrix


def _joint_classes(first: Any, second: Any) -> Array:
    """The classes of two sets of labels: categories as they stand, else sorted together."""
    found = [categories(first), categories(second)]
    if any(part.dtype.kind in "US" for part in found):
        found = [part.astype(str) for part in found]
    if _categories_of(first) is None and _categories_of(second) is None:
        return np.unique(np.concatenate(found))
    ordered = found if _categories_of(first) is not None else found[::-1]
    return np.concatenate([ordered[0], np.setdiff1d(ordered[1], ordered[0])])
