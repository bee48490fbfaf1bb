"""Loss functions: an unformatted 1×1 array, or the unreduced elements."""

from .distance import huber, l1loss, l2loss, mse
from .entropy import crossentropy, indexcrossentropy

__all__ = ["crossentropy", "huber", "indexcrossentropy", "l1loss", "l2loss", "mse"]
