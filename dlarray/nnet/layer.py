"""`nnet.layer.Layer` and its mixins, for ported code."""

from ..layers import Acceleratable, Formattable, Layer

__all__ = ["Acceleratable", "Formattable", "Layer"]
