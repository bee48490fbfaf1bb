"""The three updates with one signature."""

import pytest

import dlarray as dl


def adam(p, g, m=None, v=None, t=1, **options):
    return dl.adamupdate(p, g, m, v, t, **options)


def sgdm(p, g, v=None, **options):
    return dl.sgdmupdate(p, g, v, **options)


def rmsprop(p, g, v=None, **options):
    return dl.rmspropupdate(p, g, v, **options)


both = pytest.mark.parametrize("update", [adam, sgdm, rmsprop])
