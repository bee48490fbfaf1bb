"""A network's file, and a path for one."""

from __future__ import annotations

import pytest

import dlarray as dl
from tests.io.network_files import small


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a small file."""
    path = tmp_path_factory.mktemp("content") / "small.safetensors"
    dl.saveNetwork(small(), path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"
