"""Labels of classes: encoding, decoding, counting.

Labels are a NumPy array or list of text or integers, or a pandas categorical.  Classes are the
categories of a categorical, else the sorted unique values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array import dlarray
from ..formats import ShapeError, describe

Array = np.ndarray[Any, Any]

FLOATS = {"single": np.float32, "double": np.float64, "float32": np.float32, "float64": np.float64}


def categories(labels: Any) -> Array:
    """The classes of labels, in order.

    Examples
    --------
    >>> categories(["red", "blue", "red"]).tolist()
    ['blue', 'red']
    """
    known = _categories_of(labels)
    if known is not None:
        return known
    values = np.asarray(labels).reshape(-1)
    if values.dtype.kind == "O":
        values = values.astype(str)
    if values.dtype.kind not in "US" and values.dtype.kind not in "biu":
        raise TypeError(
            f"categories: labels are text or integers, or a pandas categorical; got {values.dtype}."
        )
    return np.unique(values)


def _categories_of(labels: Any) -> Array | None:
    """The categories of a pandas categorical or a series of one; else None."""
    categorical = getattr(labels, "cat", labels)
    found = getattr(categorical, "categories", None)
    return None if found is None else np.asarray(found)


def class_indices(labels: Any, classes: Any, call: str = "labels") -> Array:
    """The place of each label among the classes, -1 where it is none of them; the shape of the
    labels.
    """
    known = np.asarray(classes)
    values = np.asarray(labels)
    if values.dtype.kind == "O":
        values = np.array(["" if _missing(v) else str(v) for v in values.reshape(-1)]).reshape(
            values.shape
        )
    if (known.dtype.kind in "US") != (values.dtype.kind in "US") and values.size:
        values, known = values.astype(str), known.astype(str)
    order = np.argsort(known)
    place = np.searchsorted(known, values, sorter=order)
    place = order[np.minimum(place, len(known) - 1)] if len(known) else np.zeros(values.shape, int)
    return np.where(known[place] == values, place, -1) if len(known) else np.full(values.shape, -1)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


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
    index = class_indices(A, classes, "onehotencode")
    index = index.reshape(-1, 1) if index.ndim < 2 else index
    dim = int(featureDim)
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
    names = np.asarray(classes)
    values = B.data if isinstance(B, dlarray) else np.asarray(B)
    dim = (
        B.finddim(featureDim)[0]
        if isinstance(featureDim, str) and isinstance(B, dlarray)
        else int(featureDim)
    )
    if not 0 <= dim < values.ndim or values.shape[dim] != len(names):
        raise ShapeError(
            f"onehotdecode: dimension {featureDim} must have one element for each of {len(names)} "
            "classes; got size "
            f"{describe(values.shape)}."
        )
    decoded = names[np.argmax(values, axis=dim)]
    decoded = np.expand_dims(decoded, dim)
    return decoded.astype(str) if typename == "string" else decoded


def confusionmat(trueLabels: Any, predictedLabels: Any, *, Order: Any = None) -> Array:
    """Counts of observations: row i, column j is of class i and was predicted as j.

    Examples
    --------
    >>> confusionmat(["a", "b", "b"], ["a", "a", "b"]).tolist()
    [[1, 0], [1, 1]]
    """
    both = [np.asarray(labels).reshape(-1) for labels in (trueLabels, predictedLabels)]
    if both[0].size != both[1].size:
        raise ShapeError(
            f"confusionmat: {both[0].size} true labels and {both[1].size} predicted ones; give one "
            "for each."
        )
    classes = (
        np.unique(
            np.concatenate([part.astype(str) if part.dtype.kind == "O" else part for part in both])
        )
        if Order is None
        else np.asarray(Order)
    )
    rows, cols = (class_indices(labels, classes) for labels in both)
    if (rows < 0).any() or (cols < 0).any():
        raise ValueError("confusionmat: a label is not in Order. Name every class in it.")
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (rows, cols), 1)
    return counts
