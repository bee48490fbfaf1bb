"""Sequences from text files: the `.ts` format of the UEA/UCR archive, and long-form CSV.

A `.ts` file has comment lines (`#`), header lines (`@name value`), `@data`, then one case a line:
channels separated by colons, samples by commas, the class label or target last.  Cases may differ
in length, channels of one case may not; a missing sample is `?`.  The format is described at
https://www.aeon-toolkit.org/en/stable/api_reference/file_specifications/ts.html.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Sequences = tuple[list[Array], Array | None]


class DataFileError(ValueError):
    """A data file that can't be read: the message names the file, the line and the rule."""


@dataclass
class _Header:
    """What the header lines of a `.ts` file say."""

    classes: list[str] | None = None
    targets: bool = False
    dimensions: int | None = None
    length: int | None = None
    seen: set[str] = field(default_factory=set)

    @property
    def labelled(self) -> bool:
        return self.classes is not None or self.targets


def read_ts(path: str | os.PathLike[str]) -> Sequences:
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
    header = _Header()
    sequences: list[Array] = []
    labels: list[str] = []
    in_data = False
    for number, line in _lines(path):
        if line.startswith("#") or not line:
            continue
        if line.startswith("@"):
            if in_data:
                _fail(path, number, "a header line stands after @data")
            in_data = _read_header(path, number, line, header)
            continue
        if not in_data:
            _fail(path, number, "data stand before the line @data", "Is this a .ts file?")
        x, label = _read_case(
            path,
            number,
            line,
            header,
            len(sequences[0][0]) if sequences and len(sequences[0]) else None,
        )
        sequences.append(x)
        labels.append(label)
    if not in_data:
        raise DataFileError(f"{os.fspath(path)}: there is no line @data. Is this a .ts file?")
    return sequences, _as_labels(path, header, labels)


def _lines(path: str | os.PathLike[str]) -> list[tuple[int, str]]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFileError(
            f"{os.fspath(path)}: not a text file in UTF-8 (byte {error.start})."
        ) from None
    return [(i + 1, line.strip()) for i, line in enumerate(text.split("\n"))]


def _fail(path: str | os.PathLike[str], number: int, problem: str, advice: str = "") -> None:
    raise DataFileError(
        f"{os.fspath(path)}, line {number}: {problem}." + (f" {advice}" if advice else "")
    )


def _read_header(path: Any, number: int, line: str, header: _Header) -> bool:
    """Take one header line; True if it is @data."""
    name, *values = line[1:].split()
    key, flag = name.lower(), values[0].lower() if values else ""
    header.seen.add(key)
    if key == "timestamps" and flag == "true":
        _fail(
            path,
            number,
            "the file has time stamps, which are not supported",
            "Resample it to even steps.",
        )
    elif key == "classlabel" and flag == "true":
        header.classes = values[1:]
    elif key == "targetlabel" and flag == "true":
        header.targets = True
    elif key in ("dimensions", "dimension") or key == "serieslength":
        if not flag.isdigit():
            _fail(path, number, f"@{name} must be a number; got '{' '.join(values)}'")
        setattr(header, "length" if key == "serieslength" else "dimensions", int(flag))
    elif key == "univariate" and flag == "true":
        header.dimensions = 1
    return key == "data"


def _read_case(
    path: Any, number: int, line: str, header: _Header, channels: int | None
) -> tuple[Array, str]:
    """One case: its samples time × channels, and its label."""
    if "(" in line:
        _fail(
            path,
            number,
            "the samples have time stamps, which are not supported",
            "Resample it to even steps.",
        )
    fields = line.split(":")
    label = fields.pop().strip() if header.labelled else ""
    _check_label(path, number, header, label)
    rows = [_samples(path, number, c, text) for c, text in enumerate(fields)]
    expected = header.dimensions or channels
    if not rows or (expected is not None and len(rows) != expected):
        _fail(
            path,
            number,
            f"the case has {len(rows)} channels, expected {expected or 'at least 1'}",
            "Is the file cut off?",
        )
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        _fail(
            path,
            number,
            f"channels of one case differ in length: {[len(row) for row in rows]}",
            "Is the file cut off?",
        )
    if header.length is not None and lengths != {header.length}:
        _fail(
            path,
            number,
            f"the case has {lengths.pop()} samples, @seriesLength is {header.length}",
            "Is the file cut off?",
        )
    return np.array(rows, np.float32).T.copy(), label


def _check_label(path: Any, number: int, header: _Header, label: str) -> None:
    if header.classes and label not in header.classes:
        names = ", ".join(header.classes[:12]) + (", ..." if len(header.classes) > 12 else "")
        _fail(
            path,
            number,
            f"the label '{label[:40]}' is not one of the classes {names}",
            "Is the line cut off?",
        )
    if header.labelled and not label:
        _fail(path, number, "the line has no label", "Is the line cut off?")
    if header.targets:
        try:
            float(label)
        except ValueError:
            _fail(
                path, number, f"the target '{label[:40]}' is not a number", "Is the line cut off?"
            )


def _samples(path: Any, number: int, channel: int, text: str) -> list[float]:
    if not text.strip():
        return []
    values = []
    for i, word in enumerate(text.split(",")):
        word = word.strip()
        if word == "?":
            values.append(np.nan)
            continue
        try:
            values.append(float(word))
        except ValueError:
            _fail(
                path,
                number,
                f"sample {i + 1} of channel {channel + 1} is '{word[:40]}', not a number",
                "Is the line cut off?",
            )
    return values


def _as_labels(path: Any, header: _Header, labels: list[str]) -> Array | None:
    if not header.labelled:
        return None
    if header.targets:
        return np.array([float(label) for label in labels])
    return np.array(labels)


def read_csv(path: str | os.PathLike[str]) -> Sequences:
    """Sequences and labels of a CSV file in long form: one row a time step.

    The first line names the columns: ``sequence`` (which rows belong together), ``label``
    (optional, one for each sequence) and the channels.  An empty sample is missing.

    Returns ``(X, T)`` as `read_ts`, sequences in the order in which they first appear.

    Raises
    ------
    DataFileError : a missing column, a sample that is no number, a label that changes within a
        sequence.
    """
    X: dict[str, list[list[float]]] = {}
    labels: dict[str, str] = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        try:
            names = [name.strip() for name in next(rows, [])]
            columns = _csv_columns(path, names)
            for row in rows:
                if row:
                    _read_csv_row(path, rows.line_num, row, names, columns, X, labels)
        except UnicodeDecodeError as error:
            raise DataFileError(
                f"{os.fspath(path)}: not a text file in UTF-8 (byte {error.start})."
            ) from None
        except csv.Error as error:
            raise DataFileError(f"{os.fspath(path)}, line {rows.line_num}: {error}.") from None
    if not X:
        raise DataFileError(f"{os.fspath(path)}: there is no row of data.")
    sequences = [np.array(values, np.float32) for values in X.values()]
    return sequences, np.array([labels[key] for key in X]) if "label" in names else None


def _csv_columns(path: Any, names: list[str]) -> list[int]:
    """The columns of the channels."""
    if "sequence" not in names:
        raise DataFileError(
            f"{os.fspath(path)}, line 1: there is no column 'sequence'; columns are {names}. The "
            "form is sequence,label,channel1,..."
        )
    columns = [i for i, name in enumerate(names) if name not in ("sequence", "label")]
    if not columns:
        raise DataFileError(
            f"{os.fspath(path)}, line 1: there is no column of a channel; columns are {names}."
        )
    return columns


def _read_csv_row(
    path: Any,
    number: int,
    row: list[str],
    names: list[str],
    columns: list[int],
    X: dict[str, list[list[float]]],
    labels: dict[str, str],
) -> None:
    if len(row) != len(names):
        _fail(
            path,
            number,
            f"the row has {len(row)} cells, the header {len(names)}",
            "Is the file cut off?",
        )
    key = row[names.index("sequence")]
    values = []
    for i in columns:
        word = row[i].strip()
        try:
            values.append(float(word) if word not in ("", "?") else np.nan)
        except ValueError:
            _fail(path, number, f"column '{names[i]}' is '{word[:40]}', not a number")
    X.setdefault(key, []).append(values)
    if "label" in names:
        label = row[names.index("label")].strip()
        if labels.setdefault(key, label) != label:
            _fail(
                path,
                number,
                f"the label of sequence '{key}' changes from '{labels[key]}' to '{label}'",
            )
