"""Deep-learning functions: they check, resolve labels into axes, and call operators."""

from .activation import dropout, gelu, leakyrelu, relu, sigmoid, softmax
from .convolution import dlconv
from .linear import fullyconnect
from .loss import crossentropy
from .normalization import layernorm
from .random import rng
from .update import adamupdate, dlupdate, sgdmupdate

__all__ = [
    "adamupdate",
    "crossentropy",
    "dlconv",
    "dlupdate",
    "dropout",
    "fullyconnect",
    "gelu",
    "layernorm",
    "leakyrelu",
    "relu",
    "rng",
    "sgdmupdate",
    "sigmoid",
    "softmax",
]
