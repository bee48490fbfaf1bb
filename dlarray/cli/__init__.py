"""The command line: ``dlarray demo|train|predict|warmup|info``, also ``python -m dlarray``."""

from .main import main

__all__ = ["main"]
