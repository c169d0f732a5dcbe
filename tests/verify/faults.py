"""Layers that are wrong, a row each: what is claimed, what is done, and what has to be found.

Each row is made in a size in which its fault shows with certainty for all practical purposes; `SMALL` has rows in which
the data cannot tell, and nothing false may be said.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from app.core import FLOATS, FloatArray, Layer, Shape
from app.verify import Gradients

Rng = np.random.Generator


class Sent(NamedTuple):
    """What is sent: an input, outputs with an axis for them in front, gradients."""

    x: FloatArray
    y: FloatArray
    gradients: Gradients | None = None


class Faulty(NamedTuple):
    """A faulty layer: the claim, what it does, and the codes that have to be found, no more and no fewer.

    exhaustive : whether one that is like it is tried in its place, but now and then.
    """

    name: str
    codes: tuple[str, ...]
    layer: Layer
    make: Callable[[Rng], Sent]
    exhaustive: bool = False


def one(x: Any, y: Any, dtype: str = "float64") -> Sent:
    """One output, both in a type."""
    return Sent(np.asarray(x).astype(FLOATS[dtype]), np.asarray(y).astype(FLOATS[dtype])[None])


def keep(rng: Rng, shape: Shape, p: float) -> Any:
    """Independent decisions, true = kept."""
    return rng.random(shape) >= p


def scaled(codes: tuple[str, ...], name: str, claimed: float, rate: float, factor: float, row: int) -> list[Faulty]:
    """A layer with another rate and factor, in several sizes and types, of which each row of a table has its turn."""

    def make(size: int, dtype: str) -> Callable[[Rng], Sent]:
        def made(rng: Rng) -> Sent:
            x = (rng.random(size) + 0.1).astype(FLOATS[dtype])
            return one(x, x.astype(np.float64) * keep(rng, x.shape, rate) * factor, dtype)

        return made

    sizes = ((20_000, "float64"), (100_000, "float32"), (20_000, "float16"), (20_000, "bfloat16"))
    return [
        Faulty(
            f"{name}, p={claimed}, {size} {dtype}", codes, Layer(p=claimed), make(size, dtype), turn != row % len(sizes)
        )
        for turn, (size, dtype) in enumerate(sizes)
    ]


def _grid(p: float) -> list[Faulty]:
    """The contract's table of rate and scale."""
    s, swap = 1 / (1 - p), "keep_drop_swapped"
    own = {
        1.0: "missing_scale",
        s**2: "double_scale",
        1 / p: "inverse_p_scale",
        1 - p: "inference_scale_in_training",
        1.3 * s: "wrong_scale",
    }
    rows: list[tuple[tuple[str, ...], str, float, float, float]]
    rows = [((code,), f"factor {factor:.3g}", p, p, factor) for factor, code in own.items()]
    rows += [((swap,), "swapped mask", p, 1 - p, s), ((swap,), "swapped", p, 1 - p, 1 / p)]
    rows += [((swap, "missing_scale"), "swapped, unscaled", p, 1 - p, 1.0)]
    rows += [((swap, "wrong_scale"), f"swapped, factor {f:.3g}", p, 1 - p, f) for f in (s**2, 1 - p, 1.3 * s)]
    rows += [(("identity_in_training",), "identity", p, 0.0, 1.0), (("wrong_rate",), "no drop", p, 0.0, s)]
    rows += [(("wrong_rate", own[f]), f"no drop, factor {f:.3g}", p, 0.0, f) for f in own if f != 1.0]
    rows += [(("wrong_rate",), "rate", p, p * 0.75, s)]
    rows += [(("wrong_rate", own[f]), f"rate, factor {f:.3g}", p, p * 0.75, f) for f in own]
    return [faulty for number, row in enumerate(rows) for faulty in scaled(*row, number)]


def masked(name: str, code: str, make: Callable[[Rng, Shape], Any], shape: Shape, layer: Layer) -> Faulty:
    """A layer that is right but for its mask, float32."""

    def made(rng: Rng) -> Sent:
        x = rng.normal(size=shape).astype(np.float32)
        return one(x, np.where(make(rng, shape), x / np.float32(1 - layer.p), 0), "float32")

    return Faulty(name, (code,), layer, made)


def _lcg_bits(_rng: Rng, shape: Shape) -> Any:
    """The low bits of a linear congruential generator modulo 2^32 (Numerical Recipes): bit k has period 2^(k+1)."""
    state, words = np.uint32(1), np.empty(int(np.prod(shape)), np.uint32)
    for i in range(4096):
        words[i] = state = np.uint32((int(state) * 1664525 + 1013904223) % 2**32)
    low = np.resize(words[:4096] & np.uint32(0xFFF), words.shape)  # the low 12 bits repeat after 4096
    return (low >= np.uint32(0.4 * 4096)).reshape(shape)


def _without_row(rng: Rng, shape: Shape) -> Any:
    mask = keep(rng, shape, 0.4)
    mask[3] = True
    return mask


def _without_channel(rng: Rng, shape: Shape) -> Any:
    mask = keep(rng, shape, 0.1)
    mask[:, 5] = True
    return mask


def _without_position(rng: Rng, shape: Shape) -> Any:
    mask = keep(rng, shape, 0.4)
    mask[:, 2, 3, 3] = False
    return mask


def _one_row_often(rng: Rng, shape: Shape) -> Any:
    mask = keep(rng, shape, 0.3)
    mask[:, -1] = keep(rng, shape[:1], 0.6)
    return mask


def _walking(rng: Rng, shape: Shape) -> Any:
    """A chain: each decision is the one before with probability a half, else a new one."""
    new, fresh = keep(rng, shape, 0.4).reshape(-1), rng.random(int(np.prod(shape))) < 0.5
    last = np.maximum.accumulate(np.where(fresh, np.arange(new.size), 0))
    return new[last].reshape(shape)


def _antithetic(rng: Rng, shape: Shape) -> Any:
    """u and 1 - u for neighbours."""
    u = rng.random(int(np.prod(shape)) // 2)
    return (np.stack([u, 1 - u], -1).reshape(shape)) >= 0.4


def _fixed(rng: Rng, shape: Shape, last: int = 1) -> Any:
    """Exactly a share of 0.4 is dropped in each group of the last axes."""
    groups = rng.random((int(np.prod(shape[:-last])), int(np.prod(shape[-last:]))))
    return (groups.argsort(-1).argsort(-1) >= round(0.4 * groups.shape[1])).reshape(shape)


_L: Final = Layer(p=0.4)
_IMAGES: Final = (16, 32, 12, 12)
MASKS: Final = [
    masked("the mask of row 0 over the batch", "mask_repeated", lambda r, s: keep(r, (1, *s[1:]), 0.4), (64, 256), _L),
    masked("one mask for all images", "mask_repeated", lambda r, s: keep(r, (1, *s[1:]), 0.4), _IMAGES, _L),
    masked("period 4096", "mask_repeated", lambda r, s: np.resize(keep(r, (4096,), 0.4), s), (100, 1000), _L),
    masked("period 1000", "mask_repeated", lambda r, s: np.resize(keep(r, (1000,), 0.4), s), (33, 333), _L),
    masked(
        "period 97, p = 0.1", "mask_repeated", lambda r, s: np.resize(keep(r, (97,), 0.1), s), (5000,), Layer(p=0.1)
    ),
    masked("the low bit of an LCG", "mask_repeated", lambda _r, s: np.indices(s).sum(0) % 2 == 0, (100, 65), Layer()),
    masked(
        "that bit, and rows as long as its period",
        "mask_repeated",
        lambda _r, s: np.indices(s)[1] % 2 == 0,
        (99, 64),
        Layer(),
    ),
    masked("the low bits of an LCG", "mask_repeated", _lcg_bits, (200, 200), _L),
    masked("channels instead of elements", "wrong_noise_shape", lambda r, s: keep(r, (*s[:2], 1, 1), 0.4), _IMAGES, _L),
    masked("the last axis shared", "wrong_noise_shape", lambda r, s: keep(r, (s[0], 1), 0.4), (2000, 30), _L),
    masked(
        "elements instead of channels",
        "wrong_noise_shape",
        lambda r, s: keep(r, s, 0.4),
        _IMAGES,
        Layer(p=0.4, variant="dropout2d"),
    ),
    masked(
        "channels first instead of last",
        "wrong_noise_shape",
        lambda r, s: keep(r, (*s[:2], 1, 1), 0.4),
        _IMAGES,
        Layer(p=0.4, variant="dropout2d", channels_last=True),
    ),
    masked(
        "samples instead of channels",
        "wrong_noise_shape",
        lambda r, s: keep(r, (s[0], 1, 1, 1), 0.4),
        (64, 32, 6, 6),
        Layer(p=0.4, variant="dropout2d"),
    ),
    masked(
        "each word for two lanes",
        "mask_correlated",
        lambda r, s: np.repeat(keep(r, (s[0] // 2,), 0.4), 2),
        (40_000,),
        _L,
    ),
    masked(
        "each word for eight lanes",
        "mask_correlated",
        lambda r, s: np.repeat(keep(r, (s[0] // 8,), 0.4), 8),
        (40_000,),
        _L,
    ),
    masked("a chain", "mask_correlated", _walking, (100, 400), _L),
    masked("antithetic neighbours", "mask_correlated", _antithetic, (100, 400), _L),
    masked("40 of 100 in each row", "fixed_count", _fixed, (200, 100), _L),
    masked("4 of 10 in each row", "fixed_count", _fixed, (2000, 10), _L),
    masked(
        "4 of 10 in each tenth of a row", "fixed_count", lambda r, s: _fixed(r, (2000, 10)).reshape(s), (200, 100), _L
    ),
    masked("40 % of each channel", "fixed_count", lambda r, s: _fixed(r, s, 2), (1, 200, 10, 10), _L),
    masked("40 % of each image", "fixed_count", lambda r, s: _fixed(r, s, 3), (50, 4, 10, 10), _L),
    masked("a row never dropped", "rate_not_uniform", _without_row, (50, 400), _L),
    masked("a channel never dropped", "rate_not_uniform", _without_channel, (100, 64, 4, 4), Layer(p=0.1)),
    masked("a position always dropped", "rate_not_uniform", _without_position, (400, 4, 6, 6), _L),
    masked("the last column more often", "rate_not_uniform", _one_row_often, (3000, 20), Layer(p=0.3)),
]


def valued(
    name: str, codes: tuple[str, ...], layer: Layer, make: Callable[[FloatArray, Rng], Any], dtype: str = "float64"
) -> Faulty:
    """A layer whose output is some function of a normal input of 200 × 100."""

    def made(rng: Rng) -> Sent:
        x = rng.normal(size=(200, 100)).astype(FLOATS[dtype])
        return one(x, make(x.astype(np.float64), rng), dtype)

    return Faulty(name, codes, layer, made)


def _right(x: FloatArray, rng: Rng, p: float = 0.4) -> Any:
    return np.where(keep(rng, x.shape, p), x / (1 - p), 0)


def _last(x: FloatArray, rng: Rng) -> Any:
    y = _right(x, rng)
    y[-1, -1] = x[-1, -1]
    return y


def _rounded(x: FloatArray, rng: Rng) -> Any:
    """1/(1-p) rounded to bfloat16."""
    factor = float(np.float64(1 / 0.6).astype(FLOATS["bfloat16"]))
    return np.where(keep(rng, x.shape, 0.4), x * factor, 0)


def _top(x: FloatArray, _rng: Rng) -> Any:
    least = np.quantile(np.abs(x), 0.4)
    return np.where(np.abs(x) > least, x / 0.6, 0)


def _softly(x: FloatArray, rng: Rng) -> Any:
    """Large elements are dropped a little less often: 0.45 below the median of |x|, 0.35 above."""
    rate = np.where(np.abs(x) < np.median(np.abs(x)), 0.45, 0.35)
    return np.where(rng.random(x.shape) >= rate, x / 0.6, 0)


def _alpha(
    x: FloatArray, rng: Rng, p: float = 0.4, alpha: float = 1.7580993408473766, dropped: float | None = None
) -> Any:
    a = ((1 - p) * (1 + p * alpha**2)) ** -0.5
    y = a * np.where(keep(rng, x.shape, p), x, -alpha) + a * alpha * p
    return y if dropped is None else np.where(y == a * -alpha + a * alpha * p, dropped, y)


_A: Final = Layer(p=0.4, variant="alpha_dropout")
_E: Final = Layer(p=0.4, training=False)
_I: Final = Layer(p=0.4, training=False, scaling="inference")
_G: Final = Layer(p=0.4, variant="gaussian_dropout")

VALUES: Final = [
    valued("dropped to 1e-8", ("dropped_not_zero",), _L, lambda x, r: np.where(_right(x, r) != 0, x / 0.6, 1e-8)),
    valued(
        "dropped to 1e-8, p = 0.99",
        ("dropped_not_zero",),
        Layer(p=0.99),
        lambda x, r: np.where(keep(r, x.shape, 0.99), x / (1 - 0.99), 1e-8),
    ),
    valued("dropped to x/1000", ("dropped_not_zero",), _L, lambda x, r: np.where(_right(x, r) != 0, x / 0.6, x / 1000)),
    valued("dropped to -1", ("dropped_not_zero",), _L, lambda x, r: np.where(_right(x, r) != 0, x / 0.6, -1)),
    valued("the last element as it was", ("survivor_changed",), _L, _last),
    valued("noise on what is kept", ("survivor_changed",), _L, lambda x, r: _right(x, r) * r.normal(1, 0.01, x.shape)),
    valued("printed to four digits", ("survivor_changed",), _L, lambda x, r: np.round(_right(x, r), 4)),
    valued("gaussian noise", ("survivor_changed",), _L, lambda x, r: x * r.normal(1, 0.8, x.shape)),
    valued("alpha dropout", ("survivor_changed",), _L, _alpha),
    valued("the scale rounded to bfloat16", ("wrong_scale",), _L, _rounded, "float32"),
    valued("top-k", ("depends_on_values",), _L, _top),
    valued("top-k, float16", ("depends_on_values",), _L, _top, "float16"),
    valued("large ones less often", ("depends_on_values",), _L, _softly),
    valued("a ReLU", ("missing_scale", "depends_on_values"), Layer(p=0.5), lambda x, _r: np.maximum(x, 0)),
    valued("scaling none claimed, inverted done", ("wrong_scale",), Layer(p=0.4, scaling="none"), _right),
    valued("dropout in evaluation", ("dropout_in_evaluation",), _E, _right),
    valued("unscaled dropout in evaluation", ("dropout_in_evaluation",), _E, lambda x, r: _right(x, r) * 0.6),
    valued("scaled in evaluation", ("scaled_in_evaluation",), _E, lambda x, _r: x / 0.6),
    valued("scaled down in evaluation", ("scaled_in_evaluation",), _E, lambda x, _r: x * 0.6, "float32"),
    valued("scaled up where it should be down", ("scaled_in_evaluation",), _I, lambda x, _r: x / 0.6),
    valued("a factor that is missing in evaluation", ("missing_scale",), _I, lambda x, _r: x),
    valued("another α′", ("wrong_affine",), _A, lambda x, r: _alpha(x, r, alpha=1.6732632423543772)),
    valued("alpha dropped to 0", ("wrong_affine",), _A, lambda x, r: _alpha(x, r, dropped=0.0)),
    valued("plain instead of alpha", ("wrong_affine",), _A, _right),
    valued("alpha swapped", ("keep_drop_swapped",), _A, lambda x, r: _alpha(x, r, p=0.6)),
    valued("alpha at another p", ("wrong_rate", "wrong_affine"), _A, lambda x, r: _alpha(x, r, p=0.3)),
    valued("identity instead of alpha", ("identity_in_training",), _A, lambda x, _r: x),
    valued("plain instead of gaussian", ("wrong_rate",), _G, _right),
    valued("identity instead of gaussian", ("identity_in_training",), _G, lambda x, _r: x),
    valued(
        "something dropped at p = 0", ("wrong_rate",), Layer(p=0.0), lambda x, r: np.where(keep(r, x.shape, 0.01), x, 0)
    ),
    valued("all dropped at p = 0", ("keep_drop_swapped",), Layer(p=0.0), lambda x, _r: x * 0),
    valued("nothing dropped at p = 1", ("identity_in_training",), Layer(p=1.0), lambda x, _r: x),
    valued(
        "something kept at p = 1", ("wrong_rate",), Layer(p=1.0), lambda x, r: np.where(keep(r, x.shape, 0.9), x, 0)
    ),
]


def _blocks(side: int) -> Callable[[Rng], Sent]:
    def made(rng: Rng) -> Sent:
        x = rng.normal(size=(8, 4, 20, 20))
        mask = keep(rng, x.shape, 0.02)
        for i in range(side):
            for j in range(side):
                mask[:, :, i:, j:] &= mask[:, :, : 20 - i, : 20 - j] if (i, j) == (0, 0) else mask[:, :, i:, j:]
        return one(x, np.where(mask, x * (mask.size / mask.sum()), 0))

    return made


def _squares(scale: bool) -> Callable[[Rng], Sent]:
    def made(rng: Rng) -> Sent:
        x = rng.normal(size=(8, 4, 20, 20))
        mask = np.ones(x.shape, bool)
        for n, c, i, j in zip(*np.nonzero(rng.random((8, 4, 18, 18)) < 0.02), strict=True):
            mask[n, c, i : i + 3, j : j + 3] = False
        return one(x, np.where(mask, x * (mask.size / mask.sum() if scale else 1.0), 0))

    return made


_B: Final = Layer(p=0.2, variant="drop_block2d", block_size=3)
BLOCKS: Final = [
    Faulty("single elements instead of squares", ("wrong_noise_shape",), _B, _blocks(1)),
    Faulty("squares that are not scaled", ("missing_scale",), _B, _squares(False)),
]


def _outputs(count: int, make: Callable[[Rng, int], Any]) -> Callable[[Rng], Sent]:
    def made(rng: Rng) -> Sent:
        x = rng.normal(size=1000)
        return Sent(x, np.stack([np.where(make(rng, k), x / 0.6, 0) for k in range(count)]))

    return made


def _seeded_anew(_rng: Rng, _k: int) -> Any:
    """The seed is set before each call."""
    return keep(np.random.default_rng(5), (1000,), 0.4)


def _skipping_last(rng: Rng, _k: int) -> Any:
    mask = keep(rng, (1000,), 0.4)
    mask[-1] = True
    return mask


CALLS: Final = [
    Faulty("one mask for all calls", ("mask_frozen",), _L, _outputs(5, _seeded_anew)),
    Faulty("two calls with one mask", ("mask_frozen",), _L, _outputs(2, _seeded_anew)),
    Faulty("a permutation", ("fixed_count",), _L, _outputs(10, lambda r, _k: r.permutation(1000) >= 400)),
    Faulty("the last element is never dropped", ("rate_not_uniform",), _L, _outputs(60, _skipping_last)),
    Faulty(
        "one call drops more",
        ("rate_not_uniform",),
        _L,
        _outputs(10, lambda r, k: keep(r, (1000,), 0.6 if k == 3 else 0.38)),
    ),
]


def _differentiated(factor: float, redrawn: bool = False, straight: bool = False) -> Callable[[Rng], Sent]:
    def made(rng: Rng) -> Sent:
        x, g = rng.normal(size=(2, 50, 40))
        mask = keep(rng, x.shape, 0.4)
        again = keep(rng, x.shape, 0.4) if redrawn else np.ones_like(mask) if straight else mask
        return Sent(x, np.where(mask, x / 0.6, 0)[None], Gradients(g[None], np.where(again, g * factor, 0)[None]))

    return made


GRADIENTS: Final = [
    Faulty("the mask redrawn for backward", ("gradient_mask_differs",), _L, _differentiated(1 / 0.6, redrawn=True)),
    Faulty("the gradient straight through", ("gradient_mask_differs",), _L, _differentiated(1 / 0.6, straight=True)),
    Faulty("the gradient is that of the output", ("gradient_mask_differs",), _L, _differentiated(1.0, straight=True)),
    Faulty("the gradient not scaled", ("gradient_scale_differs",), _L, _differentiated(1.0)),
    Faulty("the gradient scaled twice", ("gradient_scale_differs",), _L, _differentiated(1 / 0.36)),
]


def _eight_bits(rng: Rng) -> Sent:
    """8-bit random numbers, as in FlashAttention: 0.1 becomes 26/256."""
    x = np.ones(1_700_000, np.float32)
    mask = rng.integers(0, 256, x.size, np.uint8) <= int(0.9 * 255)
    return one(x, np.where(mask, x / np.float32(0.9), 0), "float32")


def _ten_bits(rng: Rng) -> Sent:
    """TensorFlow's float16 random numbers have 10 bits: 0.1 becomes 103/1024."""
    x = np.ones(14_000_000, np.float16)
    mask = rng.integers(0, 1024, x.size, np.uint16) >= 103
    return one(x, np.where(mask, x * np.float16(1 / 0.9), 0), "float16")


BITS: Final = [
    Faulty("random numbers of 8 bits", ("wrong_rate",), Layer(p=0.1), _eight_bits),
    Faulty("random numbers of 10 bits", ("wrong_rate",), Layer(p=0.1), _ten_bits, exhaustive=True),
]

FAULTS: Final = [*_grid(0.1), *_grid(0.4), *_grid(0.7), *MASKS, *VALUES, *BLOCKS, *CALLS, *GRADIENTS, *BITS]
