"""What can be wrong with a dropout, in words: the table of findings."""

from typing import Any, Final, Literal, NamedTuple

from app.core.bernoulli import MASK_LAW, RULE, SLIPS

FindingCode = Literal[
    "shape_mismatch",
    "survivor_changed",
    "dropped_not_zero",
    "missing_scale",
    "double_scale",
    "inverse_p_scale",
    "inference_scale_in_training",
    "wrong_scale",
    "wrong_affine",
    "keep_drop_swapped",
    "wrong_rate",
    "identity_in_training",
    "dropout_in_evaluation",
    "scaled_in_evaluation",
    "wrong_noise_shape",
    "mask_repeated",
    "mask_frozen",
    "fixed_count",
    "mask_correlated",
    "rate_not_uniform",
    "depends_on_values",
    "mask_not_reproduced",
    "gradient_mask_differs",
    "gradient_scale_differs",
]


class Meaning(NamedTuple):
    """What a code means: a title, the usual cause as the end of a sentence, and what to do about it."""

    title: str
    cause: str
    explanation: str


FINDINGS: Final[dict[FindingCode, Meaning]] = {
    "shape_mismatch": Meaning(
        "The output has another shape than the input",
        "a dimension was squeezed, transposed or lost, or `outputs` needs the calls on its first axis",
        "Dropout gives every element of its input an element of its output, so their shapes are the same. Outputs of "
        "repeated calls are sent as `outputs`, with one more axis in front.",
    ),
    "survivor_changed": Meaning(
        "What was kept is not the input times one factor",
        "something else is between input and output (an activation, a normalization, noise), or the numbers were "
        "rounded, as when they are printed: then name the coarser dtype they are right in",
        "A survivor is its input times one factor, to two units in the last place of the dtype. Send the layer's own "
        "input and output, not those of a block of layers, and all of their digits: of numbers that were printed it is "
        "said that they are right to the digits they have, and no more. If the values went through a coarser type on "
        "the way, name it as `dtype`.",
    ),
    "dropped_not_zero": Meaning(
        "What was dropped is not 0",
        "a small number, or a fill value of a masked softmax or of missing data, was written in place of 0; or 0 was "
        "multiplied by infinity, as by 1/(1-p) at p = 1, or the input was divided by the mask",
        "What is dropped has to be exactly 0: whatever is left of it leaks into the next layer, and into the gradient. "
        "Select with the mask, or multiply by 0 and 1; don't multiply by a small number or add one. NaN comes of 0·∞ "
        "and 0/0, infinity of x/0: at p = 1, where 1/(1-p) is infinite, return zeros, and never divide by a mask. Only "
        "what was NaN or infinite before may still be so.",
    ),
    "missing_scale": Meaning(
        "What was kept is not scaled",
        "the division by 1-p was forgotten, or is left to evaluation, which is `scaling`: `inference`",
        "With `scaling` inverted, as in today's frameworks, survivors are divided by 1-p in training, so that the mean "
        "stays what it was and evaluation has nothing to do. If the layer is meant to scale in evaluation, as in the "
        "paper of 2014, claim `scaling`: `inference`; if nowhere, `none`.",
    ),
    "double_scale": Meaning(
        "What was kept is scaled twice",
        "the mask holds 1/(1-p) already and is divided by 1-p again, or a framework's layer is scaled by hand",
        "Survivors are multiplied by 1/(1-p) once. Many libraries' masks are scaled already: multiply and be done.",
    ),
    "inverse_p_scale": Meaning(
        "What was kept is divided by p",
        "p was taken for the probability of keeping in the scale, but not in the mask",
        "Survivors are divided by the probability of keeping, 1-p, not by p. The two are the same at p = 0.5, where "
        "this fault can't be seen.",
    ),
    "inference_scale_in_training": Meaning(
        "What was kept is multiplied by 1-p in training",
        "the factor of evaluation is applied in training",
        "Multiplying by 1-p is what a layer with `scaling` inference does in evaluation, with everything. In training "
        "such a layer leaves survivors as they are; an inverted one divides them by 1-p.",
    ),
    "wrong_scale": Meaning(
        "What was kept is multiplied by another factor",
        "the factor was rounded to a coarser type, or belongs to another p",
        "Survivors are multiplied by 1/(1-p), to two units in the last place of the dtype. A factor that is close was "
        "rounded, as to bfloat16, or computed from a rounded p; one that is not belongs to another p, or to a "
        "schedule.",
    ),
    "wrong_affine": Meaning(
        "What was kept or dropped is not alpha dropout's affine map",
        "α′, a or the shift is another, or what is dropped was set to 0",
        "Alpha dropout keeps a·x + a·α′·p and drops to a·α′·(p-1), with a = ((α′²p + 1)(1-p))^-½ and "
        "α′ = 1.7580993408473766, which is the product of both constants of SELU, not one of them. With other numbers "
        "mean and variance do not stay 0 and 1.",
    ),
    "keep_drop_swapped": Meaning(
        "p and keep are swapped",
        "p was taken for the probability of keeping, as in the paper of 2014 and in TensorFlow 1",
        "p is the probability of dropping. Where the layer's parameter is the probability of keeping, give it 1-p, or "
        "claim `keep_prob`. At p = 0.5 this fault can't be seen, which is why it lives so long.",
    ),
    "wrong_rate": Meaning(
        "Another share is dropped than p",
        "p was rounded to the few bits of the random numbers, a schedule changed it, or the comparison is off",
        "The number of drops is binomial. A rate that is off by a few thousandths is that of random numbers of 8 or 10 "
        "bits; one that is off by more has another p, or compares the wrong way or with the wrong range. `layer` has "
        "the interval that says where the rate is.",
    ),
    "identity_in_training": Meaning(
        "Nothing was dropped in training",
        "the layer was in evaluation, or p did not reach it",
        "The output is the input. Was the layer put into training (`model.train()`, `training=True`, "
        "`deterministic=False`)? If it was in evaluation on purpose, claim `training`: false.",
    ),
    "dropout_in_evaluation": Meaning(
        "Elements were dropped in evaluation",
        "the layer was left in training: model.eval() was not called, or F.dropout was called without training=False",
        "In evaluation nothing is dropped. `model.eval()`, `training=False` or `deterministic=True` must reach every "
        "layer, also those that are called as functions. If masks in evaluation are meant (Monte Carlo dropout), claim "
        "`training`: true.",
    ),
    "scaled_in_evaluation": Meaning(
        "The output is scaled in evaluation",
        "the scale was applied in both modes, or in the wrong one",
        "An inverted layer scales in training, and its evaluation is the identity. One with `scaling` inference "
        "multiplies by 1-p in evaluation: claim that if it is meant.",
    ),
    "wrong_noise_shape": Meaning(
        "Decisions are shared along other axes than claimed",
        "the axis of the channels is another (channels last), or the mask was drawn in another shape and broadcast",
        "The noise shape says which elements share a decision: all of a channel in dropout2d, a whole sample in "
        "stochastic depth, none in plain dropout. `layer.noise_shape` is the one that was seen; claim it as "
        "`noise_shape`, `channels_last` or another `variant` if it is meant.",
    ),
    "mask_repeated": Meaning(
        "The mask repeats itself",
        "the random numbers are drawn once and reused over the batch, or their generator has a short period",
        "Every decision is independent of every other. A mask that is the same for each element of the batch was drawn "
        "for one and broadcast; one with a period comes from a table, from counters that wrap around, or from the low "
        "bits of a linear congruential generator.",
    ),
    "mask_frozen": Meaning(
        "Every call has the same mask",
        "the seed is set anew before each call, or the mask is cached or baked into a compiled graph",
        "Each call in training draws a new mask. The same one again is a seed that does not advance, or one that was "
        "drawn when the graph was traced, and never again.",
    ),
    "fixed_count": Meaning(
        "Every call or row drops the same number",
        "a fixed number of elements is chosen, by a permutation or a top-k of random numbers, not each on its own",
        "The number of drops is binomial and varies from call to call and from row to row, its deviation √(n·p·(1-p)). "
        "A fixed one makes decisions depend on each other.",
    ),
    "mask_correlated": Meaning(
        "Decisions depend on their neighbours",
        "random words are reused for neighbouring lanes, or the generator's bits are not independent",
        "Decisions that stand some places apart agree more or less often than independent ones. Vectorized kernels "
        "that give several lanes one random word, and simple generators, do that.",
    ),
    "rate_not_uniform": Meaning(
        "Some places are dropped more or less often than others",
        "an index is out of step: a row, channel or tail that the kernel never masks, or masks twice",
        "Every slice and every position has the same rate. One that is never dropped is often the first or last, a "
        "remainder that a vectorized loop leaves out, or a channel that was sliced off.",
    ),
    "depends_on_values": Meaning(
        "Whether an element is dropped depends on its value",
        "the smallest were dropped (a top-k, a threshold, a ReLU), not random ones",
        "Decisions are drawn without a look at the values. Dropping the smallest is pruning, and all that is negative "
        "a ReLU; both keep what is large and change the mean.",
    ),
    "mask_not_reproduced": Meaning(
        "The mask is not that of the seed",
        "stream, offset or sample differ, or the law was read differently; docs/mask-law.md has its golden numbers",
        f"With a claimed `seed` each decision is checked against the law {MASK_LAW}: {RULE}. Usual slips: {SLIPS}.",
    ),
    "gradient_mask_differs": Meaning(
        "The gradient has another mask than the output",
        "the mask was drawn again for the backward pass, or taken from the output (output ≠ 0), or the gradient goes "
        "straight through",
        "The gradient passes exactly where the output was kept. Store the forward pass's mask, or its seed and offset, "
        "and draw the same one again. A mask that is taken from the output, or from that of a layer behind it, stops "
        "where the input was 0, at half of all places after a ReLU; there too the gradient passes in a share 1-p.",
    ),
    "gradient_scale_differs": Meaning(
        "The gradient is scaled by another factor than the output",
        "the factor of the forward pass was forgotten or applied twice in the backward pass",
        "The derivative of scale · x is scale: what passes is multiplied by the factor of the forward pass. So it is "
        "where the input is 0: a gradient there is 0 or that factor's.",
    ),
}


class Finding(NamedTuple):
    """A fault that was found.

    expected, seen : as numbers, lists or words. p_value : the probability of what was seen if there were no fault.
    """

    code: FindingCode
    message: str
    expected: Any
    seen: Any
    p_value: float


def finding(code: FindingCode, said: str, *, expected: Any, seen: Any, p_value: float = 0.0) -> Finding:
    """The finding whose sentence says what was seen and what was expected, and ends with the usual cause."""
    return Finding(code, f"{said}; usual cause: {FINDINGS[code].cause}.", expected, seen, p_value)
