"""Data sets to try things on."""

from .data.waveform import waveform

__all__ = ["waveform"]
