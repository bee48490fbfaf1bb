"""Data to train with."""

from __future__ import annotations

import pytest

from tests.training.small_networks import data


@pytest.fixture
def XT(rng):
    return data(rng)
