"""Dropout on arrays: numpy only, no I/O.

philox      the words of the mask law
noise       decisions drawn from them, given, or none
variants    the table of layers
layer       one layer: p, mode, scaling, noise shape
sweep       the pass: select, scale and measure, a block at a time
moments     mean and deviation, merged over blocks
dropout     all of it together
"""

from app.core.arrays import BLOCK, FLOATS, BoolArray, FloatArray, Shape
from app.core.dropout import Result, Tally, dropout
from app.core.layer import Layer, Scaling
from app.core.moments import Moments
from app.core.noise import Draw
from app.core.philox import MASK_LAW, WORDS, philox
from app.core.variants import VARIANTS, NoiseShape, Variant

__all__ = [
    "BLOCK",
    "FLOATS",
    "MASK_LAW",
    "VARIANTS",
    "WORDS",
    "BoolArray",
    "Draw",
    "FloatArray",
    "Layer",
    "Moments",
    "NoiseShape",
    "Result",
    "Scaling",
    "Shape",
    "Tally",
    "Variant",
    "dropout",
    "philox",
]
