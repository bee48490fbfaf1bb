"""`read_ts`: what is read, and what is refused at which line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray import DataFileError
from tests.data.data_files import HEADER, UNLABELLED, assert_names_the_line, assert_same, written


@pytest.fixture
def ts(tmp_path):
    """Read a `.ts` file of this content."""
    return lambda content: dl.read_ts(written(tmp_path / "data.ts", content))


# -- what is read


def test_ragged_multivariate_cases_with_classes(ts):
    X, T = ts(HEADER + "1,2,3:4,5,6:a\n7.5:-8e-1:b\n")
    assert [x.shape for x in X] == [(3, 2), (1, 2)]
    assert {x.dtype for x in X} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(X[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(X[1], np.array([[7.5, -0.8]], "f4"))
    assert T.tolist() == ["a", "b"]


def test_targets_are_numbers(ts):
    X, T = ts("@univariate true\n@targetLabel true\n@data\n1,2:0.25\n3:-1e3\n")
    assert [x.tolist() for x in X] == [[[1], [2]], [[3]]]
    assert T.dtype == np.float64
    assert T.tolist() == [0.25, -1000]


def test_cases_without_labels(ts):
    X, T = ts(UNLABELLED + "1,2,3:4,5,6\n")
    assert T is None
    np.testing.assert_array_equal(X, [[[1, 4], [2, 5], [3, 6]]])


def test_missing_samples_are_nan(ts):
    X, _ = ts(HEADER + "1,?, ? :?,5,6:a\n")
    np.testing.assert_array_equal(X[0], [[1, np.nan], [np.nan, 5], [np.nan, 6]])


@pytest.mark.parametrize(
    "content",
    [
        "# about\n\n" + HEADER + "\n1:2:a\n# between\n\n3:4:b\n# end",
        "\ufeff" + HEADER + "1:2:a\n3:4:b\n",
        (HEADER + "1:2:a\n3:4:b\n").replace("\n", "\r\n"),
        (HEADER + "1:2:a\n3:4:b\n").replace("\n", "\r"),
        HEADER + "1:2:a\n3:4:b",
        HEADER + "  1 : 2 : a  \n\t3:4:b\n\n\n",
        HEADER.lower().replace("classlabel", "CLASSLABEL") + "1:2:a\n3:4:b\n",
        HEADER.replace("@classLabel true", "@classLabel\tTrue ") + "1:2:a\n3:4:b\n",
    ],
    ids=[
        "comments-and-blank-lines",
        "byte-order-mark",
        "crlf",
        "cr",
        "no-last-newline",
        "spaces",
        "case-of-names",
        "tabs-in-header",
    ],
)
def test_layout_of_the_text_does_not_matter(content, ts):
    X, T = ts(content)
    assert [x.tolist() for x in X] == [[[1, 2]], [[3, 4]]]
    assert T.tolist() == ["a", "b"]


def test_labels_beyond_ascii(ts):
    assert ts("@classLabel true größe 中\n@data\n1:größe\n2:中\n")[1].tolist() == ["größe", "中"]


def test_labels_with_brackets(ts):
    content = "@timeStamps false\n@classLabel true walk(fast) walk(slow)\n@data\n1,2:walk(fast)\n"
    assert ts(content)[1].tolist() == ["walk(fast)"]


def test_classes_that_the_header_does_not_list(ts):
    assert ts("@classLabel true\n@data\n1:x\n2:y\n")[1].tolist() == ["x", "y"]


@pytest.mark.parametrize("content", [HEADER, UNLABELLED], ids=["labels", "no-labels"])
def test_no_cases(content, ts):
    X, T = ts(content)
    assert X == []
    assert T is None or T.shape == (0,)


def test_case_without_samples(ts):
    X, _ = ts(HEADER + "::a\n1:2:b\n")
    assert [x.shape for x in X] == [(0, 2), (1, 2)]


@pytest.mark.parametrize("as_path", [str, lambda path: path], ids=["str", "pathlib"])
def test_path_types(as_path, tmp_path):
    path = written(tmp_path / "späce d.ts", HEADER + "1:2:a\n")
    assert len(dl.read_ts(as_path(path))[0]) == 1


@given(
    cases=st.lists(
        st.lists(
            st.floats(width=32, allow_infinity=False, allow_nan=True), min_size=2, max_size=8
        ).map(lambda values: np.array(values[: len(values) // 2 * 2], "f4").reshape(-1, 2)),
        min_size=1,
        max_size=4,
    )
)
@settings(deadline=None)
def test_what_is_written_is_read_back(cases, tmp_path_factory):
    def channel(values):
        return ",".join("?" if np.isnan(v) else repr(float(v)) for v in values)

    lines = [":".join([channel(x[:, 0]), channel(x[:, 1]), "b"]) for x in cases]
    path = written(tmp_path_factory.getbasetemp() / "h.ts", HEADER + "\n".join(lines))
    assert_same(dl.read_ts(path), (cases, np.array(["b"] * len(cases))))


# -- what is refused


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        ("@timeStamps true\n@data\n1,2\n", 1, "has time stamps, which are not supported"),
        ("@data\n(0,1),(1,2)\n", 2, "have time stamps, which are not supported"),
        (HEADER + "1:2:a\n@data\n", 7, "a header line stands after @data"),
        ("1,2,3\n", 1, "data stand before the line @data. Is this a .ts file?"),
        ("@dimensions two\n@data\n", 1, "@dimensions must be a number; got 'two'"),
        ("@dimensions\n@data\n", 1, "@dimensions must be a number; got ''"),
        ("\n@seriesLength -1\n@data\n", 2, "@seriesLength must be a number; got '-1'"),
        ("@dimensions ²\n@data\n", 1, "@dimensions must be a number"),
        ("@dimensions 0\n@data\n1\n", 1, "@dimensions must be at least 1; got 0"),
        (HEADER + "1:2:a\n1:a\n", 7, "the case has 1 channels, expected 2. Is the file cut off?"),
        (HEADER + "1:2:3:a\n", 6, "the case has 3 channels, expected 2"),
        ("@univariate true\n@data\n1:2\n", 3, "the case has 2 channels, expected 1"),
        ("@data\n1:2\n\n1\n", 4, "the case has 1 channels, expected 2"),
        ("@classLabel true a\n@data\na\n", 3, "the case has 0 channels, expected at least 1"),
        (HEADER + "1,2:3:a\n", 6, r"channels of one case differ in length: \[2, 1\]"),
        (HEADER + "1,2::a\n", 6, r"channels of one case differ in length: \[2, 0\]"),
        (UNLABELLED + "1,2:3,4\n", 5, "the case has 2 samples, @seriesLength is 3"),
        (HEADER + "1:2:c\n", 6, "the label 'c' is not one of the classes a, b. Is the line cut"),
        (HEADER + "1:2:\n", 6, "the label '' is not one of the classes a, b"),
        (
            "@classLabel true " + " ".join(f"c{i}" for i in range(20)) + "\n@data\n1:x\n",
            3,
            "not one of the classes c0, c1, .*, c11, ...\\. Is",
        ),
        ("@classLabel true\n@data\n1:\n", 3, "the line has no label. Is the line cut off?"),
        ("@targetLabel true\n@data\n1:\n", 3, "the line has no label"),
        ("@targetLabel true\n@data\n1:x\n", 3, "the target 'x' is not a number"),
        ("@targetLabel true\n@data\n1:?\n", 3, r"the target '\?' is not a number"),
        (HEADER + "1:2x:a\n", 6, "sample 1 of channel 2 is '2x', not a number"),
        (HEADER + "1,,3:4,5,6:a\n", 6, "sample 2 of channel 1 is '', not a number"),
        (HEADER + "1,2,:4,5,6:a\n", 6, "sample 3 of channel 1 is '', not a number"),
        (HEADER + "1_5:2:a\n", 6, "sample 1 of channel 1 is '1_5', not a number"),
        ("@targetLabel true\n@data\n1:1_5\n", 3, "the target '1_5' is not a number"),
        (HEADER + "1:1e60:a\n", 6, "sample 1 of channel 2 is '1e60'"),
        (HEADER + ":a\n", 6, "the case has 1 channels, expected 2"),
        ("@classLabel true a\n@data\n:a\n1:2:a\n", 4, "the case has 2 channels, expected 1"),
    ],
    ids=[
        "time-stamps-declared",
        "time-stamps",
        "header-after-data",
        "data-before-header",
        "dimensions-word",
        "dimensions-empty",
        "length-negative",
        "dimensions-superscript",
        "dimensions-0",
        "channel-lost",
        "channel-added",
        "univariate",
        "channels-change",
        "label-alone",
        "lengths-differ",
        "channel-empty",
        "series-length",
        "label-unknown",
        "label-empty",
        "many-classes",
        "no-label",
        "no-target",
        "target-word",
        "target-missing",
        "sample-word",
        "sample-empty",
        "sample-comma",
        "sample-underscore",
        "target-underscore",
        "sample-beyond-single",
        "channel-lost-no-samples",
        "channels-change-after-empty",
    ],
)
def test_refused_lines_of_ts(content, line, text, ts):
    with pytest.raises(DataFileError, match=f"line {line}: .*{text}") as error:
        ts(content)
    assert_names_the_line(error, "data.ts", line)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content", ["", "\n# comment\n", "@dimensions 2\n", "@\n", "@dat"], ids=repr
)
def test_missing_data_line(content, ts):
    with pytest.raises(DataFileError, match=r"data\.ts.*: .*@data|line 1: "):
        ts(content)


PIECES = ["@", "@data\n", "@classLabel true a b\n", "@dimensions ", "@targetLabel true\n", "#", "a"]


@given(
    content=st.lists(st.sampled_from([*PIECES, "1", "2,3", ":", ",", "?", "\n", " "]), max_size=20)
)
@settings(deadline=None, max_examples=300)
def test_any_pieces_are_read_or_refused(content, tmp_path_factory):
    path = written(tmp_path_factory.getbasetemp() / "pieces", "".join(content))
    try:
        X, T = dl.read_ts(path)
    except DataFileError as error:
        assert str(path) in str(error)
    else:
        assert T is None or len(T) == len(X)


# -- real files


@pytest.mark.parametrize(
    ("name", "cases", "channels", "lengths", "classes"),
    [
        ("JapaneseVowels_TRAIN", 270, 12, (7, 26), [str(i) for i in range(1, 10)]),
        ("JapaneseVowels_TEST", 370, 12, (7, 29), [str(i) for i in range(1, 10)]),
        ("BasicMotions_TRAIN", 40, 6, (100, 100), ["Badminton", "Running", "Standing", "Walking"]),
        ("BasicMotions_TEST", 40, 6, (100, 100), ["Badminton", "Running", "Standing", "Walking"]),
    ],
)
def test_real_files(name, cases, channels, lengths, classes, data_folder):
    X, T = dl.read_ts(data_folder / f"{name}.ts")
    assert T is not None
    assert len(X) == len(T) == cases
    assert {x.shape[1] for x in X} == {channels}
    steps = [len(x) for x in X]
    assert (min(steps), max(steps)) == lengths
    assert dl.categories(T).tolist() == classes
    assert all(np.isfinite(x).all() for x in X)


def test_first_lengths_of_japanese_vowels(data_folder):
    X, T = dl.read_ts(data_folder / "JapaneseVowels_TRAIN.ts")
    assert T is not None
    assert [len(x) for x in X[:5]] == [20, 26, 22, 20, 21]
    assert np.unique(T, return_counts=True)[1].tolist() == [30] * 9
    X, _ = dl.read_ts(data_folder / "JapaneseVowels_TEST.ts")
    assert [len(x) for x in X[:3]] == [19, 17, 19]


def test_samples_of_a_real_file(data_folder):
    path = data_folder / "BasicMotions_TRAIN.ts"
    X, T = dl.read_ts(path)
    assert T is not None
    *channels, label = path.read_text().strip().split("\n")[-1].split(":")
    assert T[-1] == label
    np.testing.assert_array_equal(
        X[-1].T, np.array([text.split(",") for text in channels]).astype(float).astype("f4")
    )
