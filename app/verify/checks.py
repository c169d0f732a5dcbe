"""The table of checks: what holds for a correct layer, how that is tested, and what it means if it fails.

A check is a function that measures something, and a row here. All else that knows of checks asks the rows.
"""

from typing import Final

from app.core.bernoulli import MASK_LAW
from app.verify import drop_block, gaussian, gradient, law
from app.verify.chance import axes, by_value, counts, lags, outputs, periods, places, rate
from app.verify.chance.check import Check
from app.verify.drop_block import Blocks
from app.verify.findings import FindingCode
from app.verify.gaussian import Noisy
from app.verify.table import Checks, Own
from app.verify.values import elements
from app.verify.values.elements import Elements

_STRUCTURE: Final[tuple[FindingCode, ...]] = ("wrong_noise_shape", "mask_repeated", "mask_frozen")
"""What is wrong with which decisions are the same."""
_RATE: Final[tuple[FindingCode, ...]] = ("wrong_rate", "keep_drop_swapped", "identity_in_training")
"""What is wrong with how many drop; the scale has a part in which it is."""
_SCALE: Final[tuple[FindingCode, ...]] = (
    *("missing_scale", "double_scale", "inverse_p_scale", "inference_scale_in_training", "wrong_scale"),
    *("wrong_affine", "survivor_changed", "keep_drop_swapped", "identity_in_training", "scaled_in_evaluation"),
)
"""What is wrong with a factor; the rate has a part in which it is."""
_DECISIONS: Final[tuple[FindingCode, ...]] = (
    *(*_RATE, *_STRUCTURE),
    *("fixed_count", "mask_correlated", "rate_not_uniform", "depends_on_values"),
)
"""What is wrong with decisions, and explains what is wrong with those that gradients alone show."""

_SURVIVORS: Final = Check[Elements](
    name="survivors",
    null_hypothesis="what is kept is the input times one factor",
    measure=elements.survivors,
    codes=("survivor_changed", "wrong_affine"),
    finding=elements.changed,
    last_places=True,
)
_DROPPED: Final = Check[Elements](
    name="dropped",
    null_hypothesis="what is dropped is 0",
    measure=elements.dropped,
    codes=("dropped_not_zero",),
    finding=elements.residue,
)

CHECKS: Final = Checks(
    values=(
        _SURVIVORS,
        _DROPPED,
        Check(
            name="scale",
            null_hypothesis="that factor is the layer's",
            measure=elements.scale,
            codes=_SCALE,
            last_places=True,
        ),
    ),
    evaluation=Check(
        name="evaluation",
        null_hypothesis="in evaluation nothing is dropped",
        measure=elements.drops,
        codes=("dropout_in_evaluation",),
    ),
    sure=(
        Check(
            name="rate",
            null_hypothesis="at p = {layer.p:g} nothing is dropped",
            applies=lambda seen: seen.layer.p == 0,
            measure=elements.drops,
            codes=_RATE,
        ),
        Check(
            name="rate",
            null_hypothesis="at p = {layer.p:g} everything is dropped",
            applies=lambda seen: seen.layer.p == 1,
            measure=elements.keeps,
            codes=_RATE,
        ),
    ),
    structure=(
        Check(
            name="noise_shape",
            null_hypothesis="elements that share a decision are all dropped or all kept",
            applies=axes.shared,
            measure=axes.noise_shape,
            codes=("wrong_noise_shape",),
            left=axes.as_claimed,
        ),
        Check(
            name="axes",
            null_hypothesis="decisions along an axis are independent: it is not constant",
            applies=axes.long,
            measure=axes.axes,
            codes=("wrong_noise_shape", "mask_repeated"),
            explained_by=_STRUCTURE,
            left=axes.as_seen,
        ),
        Check(
            name="calls",
            null_hypothesis="two outputs agree in a Binomial(n, p² + (1-p)²) of their n decisions",
            applies=outputs.repeated,
            measure=outputs.calls,
            codes=("mask_frozen", "mask_correlated"),
            finding=outputs.correlated_outputs,
            explained_by=_STRUCTURE,
            subject="other decisions",
            unaffected=lags.thinned,
            left=outputs.distinct,
        ),
        Check(
            name="periods",
            null_hypothesis="decisions a period apart agree in a Binomial(n, p² + (1-p)²) of n pairs, whatever the "
            "period",
            applies=periods.long,
            measure=periods.periods,
            codes=("mask_repeated", "mask_correlated"),
            finding=periods.correlated_at_period,
            explained_by=_STRUCTURE,
            subject="other decisions",
            unaffected=lags.thinned,
            left=periods.first_period,
        ),
    ),
    independence=(
        Check(
            name="rate",
            null_hypothesis="the number of drops is Binomial(decisions, p)",
            measure=rate.rate,
            codes=_RATE,
            subject="drops in all",
        ),
        Check(
            name="slices",
            null_hypothesis="given all drops, those in a slice of an axis are hypergeometric",
            applies=places.several,
            measure=places.slices,
            codes=("rate_not_uniform",),
            finding=places.not_uniform,
            subject="places",
            unaffected=places.without_slices,
        ),
        Check(
            name="lags",
            null_hypothesis="pairs at a lag agree in a Binomial(n, p² + (1-p)²) of n pairs without a decision in "
            "common",
            applies=places.several,
            measure=lags.lags,
            codes=("mask_correlated",),
            finding=lags.correlated_at_lag,
            explained_by=("mask_repeated",),  # which shows how simple the generator is
            subject="other decisions",
            unaffected=lags.thinned,
        ),
        Check(
            name="positions",
            null_hypothesis="given all drops, those at a position, over the outputs or the first axis, are "
            "hypergeometric",
            applies=places.repeated,
            measure=places.positions,
            codes=("rate_not_uniform",),
            finding=places.not_uniform,
            subject="places",
            unaffected=places.without_positions,
        ),
        Check(
            name="magnitude",
            null_hypothesis="given all drops, those of decisions chosen by magnitude are hypergeometric",
            measure=by_value.magnitude,
            codes=("depends_on_values",),
            finding=by_value.depends,
            subject="values",
        ),
        Check(
            name="value",
            null_hypothesis="given all drops, those of decisions chosen by value are hypergeometric",
            measure=by_value.value,
            codes=("depends_on_values",),
            finding=by_value.depends,
            subject="values",
        ),
        Check(
            name="counts",
            null_hypothesis="the numbers of drops of outputs, and of rows of them, are independent, "
            "Binomial(decisions, p) each",
            measure=counts.counts,
            codes=("fixed_count",),
            finding=counts.fixed,
            subject="drops in groups",
        ),
    ),
    seed=Check(
        name="seed",
        null_hypothesis=f"each decision is the one that {MASK_LAW} makes of the seed",
        measure=law.reproduced,
        codes=("mask_not_reproduced", "keep_drop_swapped"),
        finding=law.missed,
        last_places=True,
    ),
    gradients=(
        Check(
            name="gradient_mask",
            null_hypothesis="the gradient passes where the output was kept, and nowhere else",
            measure=gradient.mask,
            codes=("gradient_mask_differs",),
            finding=gradient.other_mask,
        ),
        Check(
            name="gradient_scale",
            null_hypothesis="what passes is multiplied by the factor of the forward pass",
            measure=gradient.scale,
            codes=("gradient_scale_differs",),
            finding=gradient.other_scale,
        ),
        Check(
            name="gradient_rate",
            null_hypothesis="where the input tells nothing, the gradient stops in a Binomial(decisions, p)",
            applies=gradient.drawn,
            measure=gradient.rate,
            codes=("gradient_mask_differs",),
            finding=gradient.other_rate,
            explained_by=(*_DECISIONS, "gradient_mask_differs"),
        ),
    ),
    own={
        "gaussian_dropout": Own[Noisy](
            observe=Noisy.of,
            checks=(
                Check(
                    name="survivors",
                    null_hypothesis="every output is its input times a number",
                    measure=gaussian.zeros,
                    codes=("survivor_changed",),
                    finding=gaussian.changed,
                    last_places=True,
                ),
                Check(
                    name="dropped",
                    null_hypothesis="no element becomes 0",
                    measure=gaussian.dropped,
                    codes=("wrong_rate",),
                    finding=gaussian.drops,
                ),
                Check(
                    name="noise",
                    null_hypothesis="not every element stays as it is",
                    measure=gaussian.noise,
                    codes=("identity_in_training",),
                    finding=gaussian.same,
                ),
            ),
        ),
        "drop_block2d": Own[Blocks](
            observe=Blocks.of,
            checks=(
                _SURVIVORS,
                _DROPPED,
                Check(
                    name="scale",
                    null_hypothesis="that factor is the layer's",
                    measure=drop_block.scale,
                    codes=("missing_scale", "wrong_scale"),
                    finding=drop_block.other_scale,
                    last_places=True,
                ),
                Check(
                    name="noise_shape",
                    null_hypothesis="what is dropped lies in squares of {layer.block_size} x {layer.block_size}",
                    measure=drop_block.squares,
                    codes=("wrong_noise_shape",),
                    finding=drop_block.strays,
                ),
            ),
        ),
    },
)
"""What is checked."""
