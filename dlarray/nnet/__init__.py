"""Names under which MATLAB code finds the base class of layers."""

from . import layer

__all__ = ["layer"]
