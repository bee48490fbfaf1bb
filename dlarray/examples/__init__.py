"""Runnable scripts, one for each official MATLAB example: ``python -m dlarray.examples.<name>``."""
