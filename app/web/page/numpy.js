/** A layer in numpy: how its mask comes about, and what it makes of an array. */

import { product } from "./numbers.js";
import { TAGS, numpyMask, numpyWords } from "./philox.js";

/**
 * The lines that draw the mask, and those that apply it to x.
 * There are none of the first in evaluation and at p = 1, nor at p = 0 where kept elements would be shifted by nothing.
 */
export function byHand({ sent, reply }) {
  const { training, p, variant, scaling } = reply.replay;
  if (!training) return ["", EVALUATED[scaling] ?? "y = x  # evaluation"];
  if (p === 1) return ["", "y = x * 0.0 + 0.0  # p = 1 drops everything"];
  if (p === 0 && reply.layer.shift !== undefined) return ["", "y = x  # p = 0"];
  const { mask, result } = { ...PLAIN, ...OTHERS[variant] };
  const { mask_law: law, noise_shape: noise } = reply.layer;
  return [mask({ law, noise, shape: reply.shape, sent }), result(scaling)];
}

const EVALUATED = { inference: "y = x * (1 - p)  # evaluation scales, and drops nothing" };

const PLAIN = {
  mask: ({ law, noise }) => `${numpyMask(law, product(noise), "p")}
mask = mask.reshape(${noise.join(", ")})`,
  result: scaling => `y = np.where(mask, x * ${scaling === "inverted" ? "(1 / (1 - p))" : "1.0"}, 0.0)`,
};

const ALPHA = {
  result: () => `alpha = 1.7580993408473766
a = ((alpha**2 * p + 1) * (1 - p)) ** -0.5
y = np.where(mask, a * x + a * alpha * p, a * alpha * (p - 1))`,
};

const GAUSSIAN = {
  mask: ({ law, shape }) => {
    const size = product(shape);
    return `${numpyWords(law)}

w = words(b"${TAGS.normals}", 0, ${size + (size % 2)})
u1, u2 = ((w[0::2] >> 11) + 1) * 2.0**-53, (w[1::2] >> 11) * 2.0**-53
radius, turn = np.sqrt(-2 * np.log(u1)), 2 * np.pi * u2
z = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1).ravel()[:${size}].reshape(${shape.join(", ")})
mask = 1 + z * (p / (1 - p)) ** 0.5  # no mask: a factor for each number`;
  },
  result: () => "y = x * mask",
};

const BLOCKS = {
  mask: ({ law, noise, shape, sent }) => `b, (N, C, H, W) = ${sent.block_size}, x.shape
gamma = min(1.0, p * H * W / (b**2 * (H - b + 1) * (W - b + 1)))
${numpyMask(law, product(noise), "gamma")}
seeds, mask = mask.reshape(${noise.join(", ")}), np.ones((${shape.join(", ")}), bool)
for n, c, i, j in np.argwhere(~seeds):
    mask[n, c, i:i + b, j:j + b] = False`,
  result: () => `scale = N * C * H * W / max(int(mask.sum()), 1)
y = np.where(mask, x * scale, 0.0)`,
};

const OTHERS = {
  alpha_dropout: ALPHA,
  feature_alpha_dropout: ALPHA,
  gaussian_dropout: GAUSSIAN,
  drop_block2d: BLOCKS,
};
