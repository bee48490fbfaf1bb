"""`read_ts` and `read_csv`: files that can't be opened, hold any bytes, or were cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray import DataFileError
from tests.data.data_files import HEADER, UNLABELLED, assert_same, written

# -- bytes that are no text, files that can't be opened


@pytest.mark.parametrize("reader", [dl.read_ts, dl.read_csv], ids=["ts", "csv"])
@pytest.mark.parametrize("before", [10, 20_001], ids=["early", "late"])
def test_bytes_that_are_not_utf8(reader, before, tmp_path):
    path = written(tmp_path / "latin.txt", b"#" * before + b"\xe4\n@data\n")
    with pytest.raises(
        DataFileError, match=rf"latin\.txt: not a text file in UTF-8 \(byte {before}\)"
    ):
        reader(path)


@pytest.mark.parametrize("reader", [dl.read_ts, dl.read_csv], ids=["ts", "csv"])
def test_files_that_can_not_be_opened(reader, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.ts"):
        reader(tmp_path / "missing.ts")
    with pytest.raises(IsADirectoryError):
        reader(tmp_path)


@pytest.mark.parametrize("reader", [dl.read_ts, dl.read_csv], ids=["ts", "csv"])
@given(content=st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(reader, content, tmp_path_factory):
    path = written(tmp_path_factory.getbasetemp() / "fuzz", content)
    try:
        X, _ = reader(path)
    except DataFileError as error:
        assert str(path) in str(error)
    else:
        assert all(x.dtype == np.float32 and x.ndim == 2 for x in X)


def test_an_error_is_a_value_error():
    assert issubclass(DataFileError, ValueError)


# -- files that were cut


def cuts(content):
    """The content cut at every byte of its last line, with the number of bytes left of that."""
    start = content.rstrip(b"\n").rfind(b"\n") + 1
    return [(k, content[: start + k]) for k in range(len(content) - start + 1)]


def assert_cuts_are_noticed(content, path, classes):
    """A cut raises, or leaves what the whole lines say.

    One cut can't be noticed: in the label, where what is left is another declared class.
    """
    start = content.rstrip(b"\n").rfind(b"\n") + 1
    before = dl.read_ts(written(path, content[:start]))
    X, T = dl.read_ts(written(path, content))
    assert T is not None
    line = content[:start].count(b"\n") + 1
    unnoticed = set()
    for k, cut in cuts(content):
        written(path, cut)
        try:
            found = dl.read_ts(path)
        except DataFileError as error:
            assert f"{path}, line {line}: " in str(error)
            continue
        left = cut[start:].decode().strip()
        if not left:
            assert_same(found, before)
        elif left == content[start:].decode().strip():
            assert_same(found, (X, T))
        else:
            label = left.rpartition(":")[2]
            assert label in classes
            assert T[-1].startswith(label)
            assert_same(found, (X, np.array([*T[:-1], label])))
            unnoticed.add(k)
    return unnoticed


@pytest.mark.parametrize(
    ("classes", "label", "unnoticed"),
    [
        (["walking", "running"], "walking", 0),
        (["1", "2", "12"], "12", 1),
        (["walk", "walking", "w"], "walking", 2),
    ],
    ids=["words", "numbers", "prefixes"],
)
@pytest.mark.parametrize("end", ["", "\n"], ids=["open", "newline"])
def test_cut_at_every_byte_of_the_last_line(classes, label, unnoticed, end, tmp_path):
    header = f"@dimensions 3\n@classLabel true {' '.join(classes)}\n@data\n"
    content = f"{header}1,2:1,2:1,2:{classes[0]}\n1.5,-2,12:2,1e-1,1:12,2,1:{label}{end}"
    found = assert_cuts_are_noticed(content.encode(), tmp_path / "cut.ts", classes)
    assert len(found) == unnoticed


def test_cut_of_a_real_file_at_every_byte_of_its_last_line(data_folder, tmp_path):
    lines = (data_folder / "JapaneseVowels_TRAIN.ts").read_bytes().split(b"\n")
    kept = [line for line in lines if line]
    content = b"\n".join([*(line for line in kept if line.startswith(b"@")), kept[-2], kept[-1]])
    classes = [str(i) for i in range(1, 10)]
    assert not assert_cuts_are_noticed(content, tmp_path / "cut.ts", classes)


def test_cut_of_a_file_without_labels(tmp_path):
    """Without a label a cut is noticed up to the last sample, whose digits it may shorten."""
    content = (UNLABELLED + "1,2,3:4,5,6\n7,8,9:10,11,12.75").encode()
    path = tmp_path / "cut.ts"
    whole = dl.read_ts(written(path, content))[0]
    last = len(content.rpartition(b"\n")[2]) - len("12.75")
    for k, cut in cuts(content):
        written(path, cut)
        if 0 < k <= last:
            with pytest.raises(DataFileError, match=r"cut\.ts, line 6: "):
                dl.read_ts(path)
        else:
            found = dl.read_ts(path)[0]
            np.testing.assert_array_equal(found[0], whole[0])
            assert len(found) == (1 if k == 0 else 2)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_cut_at_every_byte_of_the_header(end, tmp_path):
    content = HEADER.replace("\n", end).encode()
    path = tmp_path / "cut.ts"
    whole = len(content.rstrip())
    for k in range(whole):
        with pytest.raises(DataFileError, match=r"cut\.ts"):
            dl.read_ts(written(path, content[:k]))
    assert dl.read_ts(written(path, content[:whole]))[0] == []


def test_cut_at_every_byte_of_the_last_row(tmp_path):
    """Only in the last cell a cut can't be noticed: digits are lost, or the sample is missing."""
    content = b"sequence,label,x,y\ns1,a,1,2\ns1,a,3,4\ns2,b,5.5,-6.25\n"
    path = tmp_path / "cut.csv"
    whole, labels = dl.read_csv(written(path, content))
    assert labels is not None
    last = len(b"s2,b,5.5,")
    for k, cut in cuts(content):
        written(path, cut)
        if 0 < k < last or k == last + 1:
            with pytest.raises(DataFileError, match=r"cut\.csv, line 4: "):
                dl.read_csv(path)
            continue
        X, T = dl.read_csv(path)
        assert T is not None
        assert_same(([X[0]], T[:1]), (whole[:1], labels[:1]))
        assert len(X) == len(T) == (1 if k == 0 else 2)
        if k:
            assert (X[1][0, 0], T[1]) == (5.5, "b")
