"""Sequences for a small network."""

from __future__ import annotations

import pytest


@pytest.fixture
def X(rng):
    return rng.standard_normal((7, 3, 2)).astype("f4")
