"""Labels of classes: encoding, decoding, counting.

Labels are a NumPy array or list of text or integers, or a pandas categorical.  Classes are the
categories of a categorical, else the sorted unique values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _checks
from ..array import dlarray
from ..formats import ShapeError, describe, resolve_axis

Array = np.ndarray[Any, Any]

FLOATS = {"single": np.float32, "double": np.float64, "float32": np.float32, "float64": np.float64}


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
    values, missing = _values(labels)
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


def _values(labels: Any) -> tuple[Array, Array]:
    """Labels as text or numbers, and where one is missing (None, NaN)."""
    values = np.asarray(labels)
    missing = np.zeros(values.shape, np.bool_)
    if values.dtype.kind not in "Of":
        return values, missing
    flat = values.reshape(-1).tolist()
    absent = [v is None or (isinstance(v, float) and np.isnan(v)) for v in flat]
    present = [v for v, gone in zip(flat, absent, strict=True) if not gone]
    numbers = bool(present) and all(isinstance(v, (int, float)) for v in present)
    kept = [(0 if numbers else "") if gone else v for v, gone in zip(flat, absent, strict=True)]
    values = np.array(kept, None if numbers else np.str_).reshape(values.shape)
    return values, np.array(absent, np.bool_).reshape(values.shape)


def class_indices(labels: Any, classes: Any) -> Array:
    """The place of each label among the classes, -1 where it is none; the shape of the labels."""
    known = np.asarray(classes)
    values, missing = _values(labels)
    if (known.dtype.kind in "US") != (values.dtype.kind in "US"):
        values, known = values.astype(str), known.astype(str)
    if not len(known) or not values.size:
        return np.full(values.shape, -1)
    order = np.argsort(known)
    place = order[np.minimum(np.searchsorted(known, values, sorter=order), len(known) - 1)]
    return np.where((known[place] == values) & ~missing, place, -1)


def onehotencode(
    A: Any, featureDim: int, typename: str = "double", *, ClassNames: Any = None
) -> Array:
    """Labels as vectors of zeros with a one at the class.

    Parameters
    ----------
    A : labels; one dimension counts as a column.
    featureDim : the dimension, from 0, of size 1 (or one past the last) along which classes go.
    typename : "double" or "single".
    ClassNames : the classes in order; by default those of A.

    Labels that are none of the classes become NaN vectors.

    Examples
    --------
    >>> onehotencode(["b", "a", "b"], 1).tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    if typename not in FLOATS:
        raise ValueError(f'onehotencode: typename must be "single" or "double"; got {typename!r}.')
    classes = categories(A) if ClassNames is None else np.asarray(ClassNames)
    index = class_indices(A, classes)
    index = index.reshape(-1, 1) if index.ndim < 2 else index
    dim = _checks.axis("onehotencode", "featureDim", featureDim, index.ndim)
    if dim == index.ndim:
        index = index[..., np.newaxis]
    if not 0 <= dim < index.ndim or index.shape[dim] != 1:
        raise ShapeError(
            f"onehotencode: dimension {featureDim} must have size 1, for the classes; the labels "
            f"have size {describe(index.shape)}."
        )
    shape = [1] * index.ndim
    shape[dim] = len(classes)
    encoded = (index == np.arange(len(classes)).reshape(shape)).astype(FLOATS[typename])
    return np.where(index < 0, np.asarray(np.nan, encoded.dtype), encoded)


def onehotdecode(B: Any, classes: Any, featureDim: int | str, typename: str | None = None) -> Array:
    """The class at the maximum along a dimension, the first one at ties.

    Parameters
    ----------
    B : scores or one-hot vectors, an array or dlarray.
    classes : the classes in order.
    featureDim : the dimension of the classes, from 0, or the label of a dlarray's dimension.
    typename : "string", or None for the type of the classes.

    Returns an array of classes, of size 1 along the dimension.

    Examples
    --------
    >>> onehotdecode([[0.2, 0.8], [0.9, 0.1]], ["a", "b"], 1).ravel().tolist()
    ['b', 'a']
    """
    call = "onehotdecode"
    if typename not in (None, "string"):
        raise ValueError(f'{call}: typename must be "string" or None; got {typename!r}.')
    names = np.asarray(classes)
    values = B._data if isinstance(B, dlarray) else np.asarray(B)
    if isinstance(featureDim, str) and isinstance(B, dlarray):
        dim = resolve_axis(featureDim, B.fmt, B.ndim, call)
    else:
        dim = _checks.axis(call, "featureDim", featureDim, values.ndim)
    if not 0 <= dim < values.ndim or values.shape[dim] != len(names):
        raise ShapeError(
            f"{call}: dimension {featureDim} must have one element for each of {len(names)} "
            f"classes; got size {describe(values.shape)}."
        )
    decoded = np.expand_dims(names[np.argmax(values, axis=dim)], dim)
    return decoded.astype(str) if typename == "string" else decoded


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
    counts = [np.asarray(labels).size for labels in (trueLabels, predictedLabels)]
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
