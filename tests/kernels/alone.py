"""Functions of vectors that tests call from Python, as kernels compile them."""

from dlarray.kernels._compile import whole
from dlarray.kernels._jit import OPTIONS


def alone(function):
    """Compile a function that Python calls as it is."""
    return whole(function, OPTIONS)
