"""Dropout on arrays: numpy only, no I/O.

arrays      arrays and their types, blocks of them, and memory to work in
philox      random words
draw        where a call draws them
window      blocks of larger arrays
indices     where a block's elements stand there
bernoulli   decisions: the mask law
numbers     uniform and normal numbers
noise       what a layer draws for a block: decisions drawn, given, or none; normal numbers
factors     what a layer makes of kept elements, and of dropped ones
effect      the same, done to a block under its noise
parameters  what few layers have: a table
variants    the table of layers
layer       one layer: p, mode, scaling, noise shape
sweep       the pass: select, scale and measure, a block at a time
moments     mean and deviation, merged over blocks
replicate   one replicate of a layer, and its tally
dropout     all of it together, on an array
simulate    the same on an input that is made up on the way
"""

from app.core.arrays import BLOCK, FLOATS, NAMES, BoolArray, FloatArray, Shape
from app.core.bernoulli import MASK_LAW
from app.core.draw import Draw
from app.core.dropout import Result, dropout
from app.core.factors import Factors, Scaling
from app.core.layer import Layer
from app.core.moments import Moments
from app.core.parameters import PARAMETERS, NoiseShape, Parameter
from app.core.philox import WORDS
from app.core.replicate import Tally
from app.core.simulate import Distribution, Experiment, simulate
from app.core.variants import VARIANTS, Variant
from app.core.window import Window

__all__ = [
    "BLOCK",
    "FLOATS",
    "MASK_LAW",
    "NAMES",
    "PARAMETERS",
    "VARIANTS",
    "WORDS",
    "BoolArray",
    "Distribution",
    "Draw",
    "Experiment",
    "Factors",
    "FloatArray",
    "Layer",
    "Moments",
    "NoiseShape",
    "Parameter",
    "Result",
    "Scaling",
    "Shape",
    "Tally",
    "Variant",
    "Window",
    "dropout",
    "simulate",
]
