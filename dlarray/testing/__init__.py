"""Checks for tests of functions and layers; `operations` is the registry of what is public."""

from .gradients import TOLERANCES, checkGradients

__all__ = ["TOLERANCES", "checkGradients"]
