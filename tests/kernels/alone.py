"""Kernels and their parts apart from the functions that call them."""

import importlib
import pkgutil

from dlarray import kernels
from dlarray.kernels._compile import whole
from dlarray.kernels._jit import OPTIONS, Kernel


def all_kernels() -> list[Kernel]:
    """The kernels of all modules.  Not what `gc` finds, which has those that tests made, and asks
    objects of other libraries for their class.
    """
    names = [m.name for m in pkgutil.iter_modules(kernels.__path__, "dlarray.kernels.")]
    values = [value for name in names for value in vars(importlib.import_module(name)).values()]
    return list({id(value): value for value in values if type(value) is Kernel}.values())


def alone(function):
    """Compile a function of vectors as kernels do, for calls from Python."""
    return whole(function, OPTIONS)
