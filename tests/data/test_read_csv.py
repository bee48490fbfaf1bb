"""`read_csv`: what is read, and what is refused at which line."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from dlarray import DataFileError
from tests.data.data_files import assert_names_the_line, written


@pytest.fixture
def table(tmp_path):
    """Read a `.csv` file of this content."""
    return lambda content: dl.read_csv(written(tmp_path / "data.csv", content))


def test_rows_are_time_steps_of_sequences(table):
    X, T = table("sequence,label,x,y\ns1,a,1,2\ns1,a,3,4\ns2,b,5,6\n")
    assert [x.tolist() for x in X] == [[[1, 2], [3, 4]], [[5, 6]]]
    assert {x.dtype for x in X} == {np.dtype(np.float32)}
    assert T.tolist() == ["a", "b"]


def test_columns_may_stand_in_any_order(table):
    X, T = table("y,label,x,sequence\n2,a,1,s1\n4,a,3,s1\n")
    assert X[0].tolist() == [[2, 1], [4, 3]]
    assert T.tolist() == ["a"]


def test_label_column_is_optional(table):
    X, T = table("sequence,x\n1,2\n2,3\n")
    assert T is None
    assert [x.tolist() for x in X] == [[[2]], [[3]]]


def test_rows_of_sequences_may_alternate(table):
    X, T = table("sequence,label,x\nb,q,1\na,p,2\nb,q,3\n")
    assert [x.ravel().tolist() for x in X] == [[1, 3], [2]]
    assert T.tolist() == ["q", "p"]


def test_empty_samples_are_nan(table):
    X, _ = table("sequence,x,y\n1,,2\n1,?, \n")
    np.testing.assert_array_equal(X[0], [[np.nan, 2], [np.nan, np.nan]])


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffsequence,label,x\n1,a,2\n1,a,3\n",
        "sequence,label,x\r\n1,a,2\r\n1,a,3\r\n",
        "sequence,label,x\n1,a,2\n1,a,3",
        "sequence,label,x\n\n1,a,2\n\n1,a,3\n\n",
        " sequence , label , x \n1, a ,2\n1,a, 3 \n",
        'sequence,"label",x\n1,"a","2"\n1,a,3\n',
        "sequence,label,x\n1,a,2\n 1 ,a,3\n",
    ],
    ids=["byte-order-mark", "crlf", "open", "blank-lines", "spaces", "quotes", "spaces-in-name"],
)
def test_layout_of_the_table_does_not_matter(content, table):
    X, T = table(content)
    assert [x.tolist() for x in X] == [[[2], [3]]]
    assert T.tolist() == ["a"]


def test_line_breaks_in_quotes_count_as_lines(table):
    with pytest.raises(DataFileError, match="line 4: column 'x' is 'z'"):
        table('sequence,label,x\n1,"a\nb",2\n2,c,z\n')


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        ("", 1, r"there is no column 'sequence'; columns are \[\]. The form is sequence,label"),
        ("label,x\na,1\n", 1, r"there is no column 'sequence'; columns are \['label', 'x'\]"),
        ("sequence;x\n1;2\n", 1, "there is no column 'sequence'"),
        ("sequence,label\n1,a\n", 1, "there is no column of a channel"),
        ("sequence,x\n1,2\n1\n", 3, "the row has 1 cells, the header 2. Is the file cut off?"),
        ("sequence,x\n1,2,3\n", 2, "the row has 3 cells, the header 2"),
        ("sequence,x\n\n1,a\n", 3, "column 'x' is 'a', not a number"),
        ("sequence,x\n1,1_5\n", 2, "column 'x' is '1_5', not a number"),
        ("sequence,x\n1,1e60\n", 2, "column 'x' is '1e60'"),
        (
            "sequence,label,x\n1,a,2\n2,b,2\n1,b,3\n",
            4,
            "the label of sequence '1' changes from 'a' to 'b'",
        ),
        ("sequence,label,x\n1,,2\n", 2, "no label"),
        ("sequence,x\n1," + "2" * 140_000 + "\n", 2, "field larger than field limit"),
    ],
    ids=[
        "empty",
        "no-sequence",
        "semicolons",
        "no-channel",
        "cells-lost",
        "cells-added",
        "sample-word",
        "sample-underscore",
        "sample-beyond-single",
        "label-changes",
        "label-empty",
        "huge-cell",
    ],
)
def test_refused_lines_of_csv(content, line, text, table):
    with pytest.raises(DataFileError, match=text) as error:
        table(content)
    assert_names_the_line(error, "data.csv", line)


def test_csv_without_rows(table):
    with pytest.raises(DataFileError, match=r"data\.csv: there is no row of data"):
        table("sequence,label,x\n")
