"""Sequences from text files: the `.ts` format of the UEA/UCR archive, and long-form CSV.

A `.ts` file has comment lines (`#`), header lines (`@name value`), `@data`, then one case a line:
channels separated by colons, samples by commas, the class label or target last.  Cases may differ
in length, channels of one case may not; a missing sample is `?`.  The format is described at
https://www.aeon-toolkit.org/en/stable/api_reference/file_specifications/ts.html.

Counts and labels are checked throughout: that is how a file that was cut off is noticed.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from .. import _checks

Array = np.ndarray[Any, Any]
Sequences = tuple[list[Array], Array | None]
FilePath = str | os.PathLike[str]

SINGLE_MAX = float(np.finfo(np.float32).max)


class DataFileError(ValueError):
    """A data file that can't be read: the message names the file, the line and the rule."""


@dataclass
class _Place:
    """Where in which file the reader is."""

    path: FilePath
    line: int = 0

    def fail(self, problem: str, advice: str = "Is the file cut off?") -> NoReturn:
        """Raise a `DataFileError` for this line, or for the file before its first line."""
        line = f", line {self.line}" if self.line else ""
        raise DataFileError(f"{os.fspath(self.path)}{line}: {problem}. {advice}".rstrip())

    def target(self, word: str) -> float:
        """A number; Python's underscores in numbers are none in data."""
        try:
            if "_" in word:
                raise ValueError
            return float(word)
        except ValueError:
            self.fail(f"the target '{word[:40]}' is not a number", "Is the line cut off?")

    def sample(self, word: str, what: str) -> float:
        """A number in the range of single precision, NaN for a missing one."""
        try:
            value = np.nan if word == "?" else float(word)
            if "_" in word:
                raise ValueError
        except ValueError:
            self.fail(f"{what} is '{word[:40]}', not a number", "Is the line cut off?")
        if np.isfinite(value) and abs(value) > SINGLE_MAX:
            self.fail(f"{what} is '{word[:40]}', beyond single precision", "Rescale the data.")
        return value


@dataclass
class _Header:
    """What the header lines of a `.ts` file say."""

    classes: list[str] | None = None
    targets: bool = False
    dimensions: int | None = None
    length: int | None = None
    equal_length: bool = False

    @property
    def labelled(self) -> bool:
        return self.classes is not None or self.targets


def read_ts(path: FilePath) -> Sequences:
    """Sequences and labels of a `.ts` file.

    Parameters
    ----------
    path : the file, text in UTF-8 or ASCII.

    Returns ``(X, T)``: a list of float32 arrays time × channels, NaN where a sample is missing; and
    an array of class labels (text), of targets (float64), or None for a file without either.

    Raises
    ------
    DataFileError : time stamps, which are not supported; a line that breaks a rule, by its number.
        Channel counts, lengths and labels are checked, so that a file cut in the middle of a line
        is noticed.
    OSError : the file can't be opened.

    Examples
    --------
    >>> X, labels = read_ts("JapaneseVowels_TRAIN.ts")  # doctest: +SKIP
    """
    place, header = _Place(_checks.path("read_ts", path)), _Header()
    sequences: list[Array] = []
    labels: list[str] = []
    in_data = False
    for place.line, line in enumerate(_text(path).split("\n"), 1):
        line = line.strip()
        if line.startswith("#") or not line:
            continue
        if line.startswith("@"):
            if in_data:
                place.fail("a header line stands after @data", "")
            in_data = _read_header(place, line, header)
            continue
        if not in_data:
            place.fail("data stand before the line @data", "Is this a .ts file?")
        fields = line.split(":")
        if header.labelled:
            labels.append(_label(place, header, fields.pop().strip()))
        sequences.append(_case(place, header, fields, sequences[0] if sequences else None))
    if not in_data:
        _Place(path).fail("there is no line @data", "Is this a .ts file?")
    if not header.labelled:
        return sequences, None
    return sequences, np.array(labels, np.float64 if header.targets else np.str_)


def _text(path: FilePath) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        _Place(path).fail(f"not a text file in UTF-8 (byte {error.start})", "")


def _read_header(place: _Place, line: str, header: _Header) -> bool:
    """Take one header line; True if it is @data."""
    name, *values = line[1:].split() or [""]
    key, flag = name.lower(), values[0].lower() if values else ""
    if key == "timestamps" and flag == "true":
        place.fail("the file has time stamps, which are not supported", "Resample to even steps.")
    elif key == "classlabel" and flag == "true":
        header.classes = values[1:]
    elif key == "targetlabel" and flag == "true":
        header.targets = True
    elif key in ("dimensions", "dimension"):
        header.dimensions = _positive(place, name, flag)
    elif key == "serieslength":
        header.length = _positive(place, name, flag)
    elif key == "equallength":
        header.equal_length = flag == "true"
    elif key == "univariate" and flag == "true":
        header.dimensions = 1
    return key == "data"


def _positive(place: _Place, name: str, word: str) -> int:
    if word == "0":
        place.fail(f"@{name} must be at least 1; got 0", "")
    if not word.isascii() or not word.isdecimal():
        place.fail(f"@{name} must be a number; got '{word}'", "")
    return int(word)


def _label(place: _Place, header: _Header, label: str) -> str:
    """The label of a case, if it is one that the header allows."""
    if header.classes and label not in header.classes:
        names = ", ".join(header.classes[:12]) + (", ..." if len(header.classes) > 12 else "")
        place.fail(
            f"the label '{label[:40]}' is not one of the classes {names}", "Is the line cut off?"
        )
    if not label:
        place.fail("the line has no label", "Is the line cut off?")
    if header.targets:
        place.target(label)
    return label


def _case(place: _Place, header: _Header, fields: list[str], first: Array | None) -> Array:
    """The samples of a case, time × channels."""
    if any("(" in text for text in fields):
        place.fail("the samples have time stamps, which are not supported", "Resample the data.")
    rows = [_samples(place, c, text) for c, text in enumerate(fields)]
    channels = header.dimensions or (first.shape[1] if first is not None else None)
    if not rows or channels not in (None, len(rows)):
        place.fail(f"the case has {len(rows)} channels, expected {channels or 'at least 1'}")
    lengths = [len(row) for row in rows]
    if len(set(lengths)) > 1:
        place.fail(f"channels of one case differ in length: {lengths}")
    if header.length not in (None, lengths[0]):
        place.fail(f"the case has {lengths[0]} samples, @seriesLength is {header.length}")
    if header.equal_length and first is not None and lengths[0] != len(first):
        place.fail(
            f"the case has {lengths[0]} samples, the first {len(first)}, and @equalLength is true"
        )
    return np.array(rows, np.float32).T.copy()


def _samples(place: _Place, channel: int, text: str) -> list[float]:
    words = [word.strip() for word in text.split(",")] if text.strip() else []
    return [
        place.sample(word, f"sample {i + 1} of channel {channel + 1}")
        for i, word in enumerate(words)
    ]


def read_csv(path: FilePath) -> Sequences:
    """Sequences and labels of a CSV file in long form: one row a time step.

    The first line names the columns: ``sequence`` (which rows belong together), ``label``
    (optional, one for each sequence) and the channels.  An empty sample is missing.

    Returns ``(X, T)`` as `read_ts`, sequences in the order in which they first appear.

    Raises
    ------
    DataFileError : a missing column, a sample that is no number, a label that is empty or changes
        within a sequence.
    OSError : the file can't be opened.

    Examples
    --------
    >>> X, labels = read_csv("gestures.csv")  # doctest: +SKIP
    """
    place = _Place(_checks.path("read_csv", path))
    X: dict[str, list[list[float]]] = {}
    labels: dict[str, str] = {}
    rows = csv.reader(io.StringIO(_text(path), newline=""))
    try:
        names = [name.strip() for name in next(rows, [])]
        place.line = 1
        channels = _channel_columns(place, names)
        for row in rows:
            place.line = rows.line_num
            if row:
                _read_row(place, names, row, channels, X, labels)
    except csv.Error as error:
        place.line = rows.line_num
        place.fail(str(error), "")
    if not X:
        _Place(path).fail("there is no row of data", "")
    sequences = [np.array(values, np.float32) for values in X.values()]
    return sequences, np.array([labels[key] for key in X]) if "label" in names else None


def _channel_columns(place: _Place, names: list[str]) -> list[int]:
    """The columns of the channels."""
    columns = [i for i, name in enumerate(names) if name not in ("sequence", "label")]
    for missing, name in (("sequence" not in names, "'sequence'"), (not columns, "of a channel")):
        if missing:
            place.fail(
                f"there is no column {name}; columns are {names}",
                "The form is sequence,label,channel1,...",
            )
    return columns


def _read_row(
    place: _Place,
    names: list[str],
    row: list[str],
    channels: list[int],
    X: dict[str, list[list[float]]],
    labels: dict[str, str],
) -> None:
    """Add one time step to its sequence."""
    if len(row) != len(names):
        place.fail(f"the row has {len(row)} cells, the header {len(names)}")
    key = row[names.index("sequence")].strip()
    words = [row[i].strip() for i in channels]
    X.setdefault(key, []).append(
        [
            place.sample(word or "?", f"column '{names[i]}'")
            for i, word in zip(channels, words, strict=True)
        ]
    )
    if "label" in names:
        label = row[names.index("label")].strip()
        if not label:
            place.fail("the row has no label", "")
        if labels.setdefault(key, label) != label:
            place.fail(
                f"the label of sequence '{key}' changes from '{labels[key]}' to '{label}'", ""
            )
