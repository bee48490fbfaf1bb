"""Deep-learning functions: they check, resolve labels into axes, and call operators."""

from .activation import dropout, relu, sigmoid, softmax
from .attention import attention
from .convolution import dlconv
from .embed import embed
from .linear import fullyconnect
from .losses import crossentropy, huber, indexcrossentropy, l1loss, l2loss, mse
from .normalization import layernorm
from .random import rng
from .update import adamupdate, dlupdate, sgdmupdate

__all__ = [
    "adamupdate",
    "attention",
    "crossentropy",
    "dlconv",
    "dlupdate",
    "dropout",
    "embed",
    "fullyconnect",
    "huber",
    "indexcrossentropy",
    "l1loss",
    "l2loss",
    "layernorm",
    "mse",
    "relu",
    "rng",
    "sgdmupdate",
    "sigmoid",
    "softmax",
]
