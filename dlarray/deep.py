"""`deep.DifferentiableFunction`, the base class of functions with their own backward pass."""

from .array import DifferentiableFunction

__all__ = ["DifferentiableFunction"]
