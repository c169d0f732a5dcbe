/** A network and its thinned networks, taken together. */

import { ACTIVATIONS, SCALES, masks, pass, sizesOf, sumsOf, trained } from "./network.js";
import { mean, product, range } from "./numbers.js";

/** How many thinned networks are looked at, and of how many a spread is told. */
export const NETWORKS = 400;
const SOME = 100;

/** Up to so many units all thinned networks are gone through. */
const FEW = 12;

/** What a network depends on, of a state. */
export function wiringOf({ p, seed, scaling, depth, width, activation, weights }) {
  return { p: Number(p), seed, scaling, depth: Number(depth), width: Number(width), activation, weights };
}

/** A network that has learnt, and the masks of its thinned networks. */
export function ensemble(wiring) {
  const [net, sizes] = [trained(wiring), sizesOf(wiring)];
  const drawn = range(0, NETWORKS).map(step => masks(sizes, wiring.p, wiring.seed, step));
  const units = sizes.slice(1, -1).reduce((sum, size) => sum + size, 0);
  return { ...wiring, net, sizes, units, isFew: units <= FEW, drawn, ...answering(net, wiring) };
}

/** How a network's weights answer, with units of a kind and a scaling: thinned, whole, and all thinned ones averaged. */
export function answering(net, { p, activation, scaling }) {
  const [unit, { training, evaluation }] = [ACTIVATIONS[activation], SCALES[scaling](p)];
  return {
    thinned: (x, kept) => pass(net, x, unit, training, kept),
    whole: x => pass(net, x, unit, evaluation),
    average: x => average({ net, unit, scale: training, p }, x),
  };
}

/** The mean output of all thinned networks, each counted as often as its masks come. */
function average({ net, unit, scale, p }, x) {
  const from = (k, values) => {
    const sums = sumsOf(net[k], values);
    if (k === net.length - 1) return sums[0];
    const scaled = sums.map(sum => unit.of(sum) * scale);
    return subsets(sums.length).reduce((sum, mask) => sum + chance(mask, p) * from(k + 1, selected(scaled, mask)), 0);
  };
  return from(0, [x]);
}

/** All masks of so many units. */
const subsets = count => range(0, 2 ** count).map(bits => range(0, count).map(unit => (bits >> unit) & 1));
const chance = (mask, p) => product(mask.map(keep => (keep ? 1 - p : p)));
const selected = (values, mask) => values.map((value, unit) => (mask[unit] ? value : 0));

/** The mean of some thinned networks' outputs at a place, and how far they scatter. */
export function spread({ drawn, thinned }, x) {
  const outputs = drawn.slice(0, SOME).map(kept => thinned(x, kept).output);
  const middle = mean(outputs);
  return { x, mean: middle, deviation: Math.sqrt(mean(outputs.map(value => (value - middle) ** 2))) };
}
