"""Deep-learning functions: they check, resolve labels into axes, and call operators."""

from .activation import dropout, relu, sigmoid, softmax
from .convolution import dlconv
from .linear import fullyconnect
from .loss import crossentropy
from .normalization import layernorm
from .random import rng
from .update import adamupdate, dlupdate, rmspropupdate, sgdmupdate

__all__ = [
    "adamupdate",
    "crossentropy",
    "dlconv",
    "dlupdate",
    "dropout",
    "fullyconnect",
    "layernorm",
    "relu",
    "rmspropupdate",
    "rng",
    "sgdmupdate",
    "sigmoid",
    "softmax",
]
