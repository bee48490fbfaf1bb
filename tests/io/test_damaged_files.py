"""`loadNetwork`: damaged and foreign files are refused."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from safetensors.numpy import save as save_arrays

import dlarray as dl
from dlarray.io import network as network_file
from tests.io.network_files import (
    JSON_VALUES,
    assembled,
    assert_same_network,
    classifier,
    parts,
    refuses,
    small,
)


def with_header(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def test_files_cut_at_every_length_are_refused(content, path):
    path.write_bytes(content)
    for length in reversed(range(len(content))):
        os.truncate(path, length)
        refuses(path)


def refuses_flipped_bits(path, places_and_bits):
    content = path.read_bytes()
    with open(path, "r+b", buffering=0) as file:
        for place, bit in places_and_bits:
            file.seek(place)
            file.write(bytes([content[place] ^ 1 << bit]))
            refuses(path)
            file.seek(place)
            file.write(content[place : place + 1])
    assert path.read_bytes() == content


def test_every_flipped_bit_is_noticed(content, path):
    path.write_bytes(content)
    refuses_flipped_bits(path, [(i, bit) for i in range(len(content)) for bit in range(8)])


def test_flipped_bits_of_a_larger_file_are_noticed(path, rng):
    dl.saveNetwork(classifier(), path)
    size = path.stat().st_size
    refuses_flipped_bits(path, rng.integers([size, 8], size=(1000, 2)).tolist())


def test_a_flipped_bit_that_loads_is_caught(path):
    dl.saveNetwork(small(), path)
    with pytest.raises(pytest.fail.Exception):
        refuses(path)


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_fuzzed_bytes_are_refused(data, content, tmp_path_factory):
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(damaged)))
        stop = data.draw(st.integers(start, min(len(damaged), start + 40)))
        damaged[start:stop] = data.draw(st.binary(max_size=40))
    if bytes(damaged) != content:
        refuses(tmp_path_factory.getbasetemp() / "fuzz", bytes(damaged))


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_garbage_is_refused(tmp_path_factory, garbage):
    refuses(tmp_path_factory.getbasetemp() / "garbage", garbage)


def tensor(shape, offsets, dtype="F32"):
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


FOREIGN = {
    "empty": b"",
    "seven-bytes": b"1234567",
    "zeros": bytes(1000),
    "ones": b"\xff" * 1000,
    "text": b"@problemName x\n@data\n1,2,3\n",
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.",
    "zip": b"PK\x03\x04" + bytes(60),
    "shape-2**63": with_header(tensor([2**63], [0, 4]), b"1234"),
    "shape-2**64": with_header(tensor([2**64], [0, 4]), b"1234"),
    "shape-wraps": with_header(tensor([2**33, 2**33], [0, 0])),
    "shape-wraps-to-0": with_header(tensor([2**62, 4, 0], [0, 0])),
    "shape-huge-times-0": with_header(tensor([0, 2**62], [0, 0])),
    "shape-negative": with_header(tensor([-1], [0, 4]), b"1234"),
    "offsets-beyond-the-end": with_header(tensor([1], [4, 8]), b"1234"),
    "offsets-huge": with_header(tensor([1], [2**63, 2**63 + 4]), b"1234"),
    "trailing-bytes": with_header(tensor([1], [0, 4]), b"12345"),
    "type-unknown": with_header(tensor([1], [0, 4], "X9"), b"1234"),
    "type-bfloat16": with_header(tensor([2], [0, 4], "BF16"), b"1234"),
    "type-float8": with_header(tensor([4], [0, 4], "F8_E4M3"), b"1234"),
    "header-length-2**63": (2**63).to_bytes(8, "little") + b"{}",
    "header-length-2**40": (2**40).to_bytes(8, "little") + b"{}",
    "header-nested": with_header(b"[" * 100_000),
    "header-list": with_header([]),
    "header-number": with_header(b"3"),
    "header-empty": with_header({}),
    "header-not-utf8": with_header(b'{"__metadata__":{"format":"\xff"}}'),
    "metadata-null": with_header({"__metadata__": None}),
    "metadata-empty": with_header({"__metadata__": {}}),
    "metadata-number": with_header({"__metadata__": {"format": 3}}),
    "metadata-format-only": with_header({"__metadata__": {"format": "dlarray network"}}),
    "other-safetensors": save_arrays({"weight": np.ones((3, 2), "f4")}, {"format": "pt"}),
    "other-without-metadata": save_arrays({"weight": np.ones((3, 2), "f4")}),
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_foreign_files_are_refused(foreign, path):
    refuses(path, foreign)


def test_message_of_a_foreign_file_is_one_line(path):
    path.write_bytes(b"garbage garbage garbage")
    with pytest.raises(dl.CheckpointError, match="is not a whole safetensors file") as error:
        dl.loadNetwork(path)
    assert "\n" not in str(error.value)


def test_message_of_another_safetensors_file(path):
    path.write_bytes(FOREIGN["other-safetensors"])
    with pytest.raises(dl.CheckpointError, match="but not one that saveNetwork wrote"):
        dl.loadNetwork(path)


@pytest.mark.parametrize("version", ["2", "0", "", "1.0", "one"], ids=repr)
def test_other_versions_are_refused(version, content, path):
    record, arrays = parts(content)
    path.write_bytes(assembled(record, arrays, version=version))
    with pytest.raises(
        dl.CheckpointError,
        match=rf"net\.safetensors has version {version}, this package reads version 1",
    ):
        dl.loadNetwork(path)


def test_reassembled_file_loads(content, path):
    path.write_bytes(assembled(*parts(content)))
    assert_same_network(dl.loadNetwork(path), small())


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "changed", "reshaped", "cast"])
def test_other_arrays_do_not_match_the_checksum(change, content, path):
    record, arrays = parts(content)
    name = next(iter(arrays))
    first = arrays.pop(name)
    changed = {
        "added": {name: first, "extra": np.ones(2, "f4")},
        "removed": {},
        "renamed": {name + "x": first},
        "changed": {name: first + 1},
        "reshaped": {name: first.reshape(-1)},
        "cast": {name: first.view(np.int32)},
    }[change]
    sum_ = network_file._checksum(json.dumps(record, sort_keys=True), {**arrays, name: first})
    path.write_bytes(assembled(record, {**arrays, **changed}, sha256=sum_))
    with pytest.raises(dl.CheckpointError, match="damaged: its checksum does not match its"):
        dl.loadNetwork(path)


def set_in(*place, to):
    """A change of the record at a place."""

    def change(record):
        for key in place[:-1]:
            record = record[key]
        record[place[-1]] = to

    return change


def drop(*place):
    def change(record):
        for key in place[:-1]:
            record = record[key]
        del record[place[-1]]

    return change


INCONSISTENT = {
    "layers-missing": drop("layers"),
    "layers-number": set_in("layers", to=3),
    "layer-without-properties": drop("layers", 1, "properties"),
    "layer-without-name": drop("layers", 1, "properties", "Name"),
    "layer-names-equal": set_in("layers", 1, "properties", "Name", to="fc"),
    "class-list": set_in("layers", 1, "class", to=[]),
    "ports-added": set_in("layers", 1, "properties", "InputNames", to=["a", "b"]),
    "connection-to-nothing": set_in("connections", 0, to=["sequenceinput", "nothing"]),
    "connection-of-three": set_in("connections", 0, to=["a", "b", "c"]),
    "row-missing": drop("learnables", 1),
    "row-of-another-layer": set_in("learnables", 0, "layer", to="nothing"),
    "row-of-another-parameter": set_in("learnables", 0, "parameter", to="nothing"),
    "array-missing": set_in("learnables", 0, "array", to="nothing"),
    "array-of-another-size": set_in("learnables", 0, "array", to="learnable/fc/Bias"),
    "order-short": set_in("learnables", 0, "order", to=[0]),
    "order-repeated": set_in("learnables", 0, "order", to=[0, 0]),
    "order-fraction": set_in("learnables", 0, "order", to=[0.5, 1]),
    "order-huge": set_in("learnables", 0, "order", to=[2**70, 1]),
    "format-unknown": set_in("learnables", 0, "format", to="QQ"),
    "format-number": set_in("learnables", 0, "format", to=5),
    "usage-list": set_in("usage", to=[]),
    "usage-unknown-name": set_in("usage", "$dict", "Other", to=1),
    "value-unknown-kind": set_in("usage", "$dict", "ClassNames", to={"$object": "x"}),
    "value-of-no-kind": set_in("usage", "$dict", "ClassNames", to={}),
    "value-bad-number": set_in("usage", "$dict", "ClassNames", to={"$float": "x"}),
    "value-array-missing": set_in("usage", "$dict", "ClassNames", to={"$array": "x"}),
}


@pytest.mark.parametrize("change", INCONSISTENT.values(), ids=INCONSISTENT)
def test_inconsistent_content_is_refused(change, content, path):
    record, arrays = parts(content)
    change(record)
    refuses(path, assembled(record, arrays))


@pytest.mark.parametrize("text", ["", "3", "null", "[]", "{", '"x"', "NaN"], ids=repr)
def test_description_that_is_no_network(text, path):
    path.write_bytes(assembled(text, {}))
    with pytest.raises(dl.CheckpointError, match=r"net\.safetensors does not describe a network: "):
        dl.loadNetwork(path)


def test_deeply_nested_description_is_refused(path):
    refuses(path, assembled("[" * 100_000, {}))


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_descriptions_with_a_changed_value_load_or_are_refused(data, content, tmp_path_factory):
    record, arrays = parts(content)
    place = record
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[key] = data.draw(JSON_VALUES)
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(assembled(json.dumps(record, default=list), arrays))
    try:
        net = dl.loadNetwork(path)
    except dl.CheckpointError as error:
        assert str(path) in str(error)
    else:
        assert isinstance(net, dl.dlnetwork)
