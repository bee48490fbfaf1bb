"""Deep-learning functions: they check, resolve labels into axes, and call operators."""

from .activation import dropout, relu, sigmoid, softmax
from .convolution import dlconv
from .lbfgs import LBFGSState, lbfgsState, lbfgsupdate
from .linear import fullyconnect
from .loss import crossentropy
from .normalization import layernorm
from .random import rng
from .update import adamupdate, dlupdate, rmspropupdate, sgdmupdate

__all__ = [
    "LBFGSState",
    "adamupdate",
    "crossentropy",
    "dlconv",
    "dlupdate",
    "dropout",
    "fullyconnect",
    "layernorm",
    "lbfgsState",
    "lbfgsupdate",
    "relu",
    "rmspropupdate",
    "rng",
    "sgdmupdate",
    "sigmoid",
    "softmax",
]
