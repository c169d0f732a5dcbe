/** A small network and its training: plain arithmetic, in an order that any language can repeat. */

import { range } from "./numbers.js";
import { decisions, uniform } from "./philox.js";

/** What it learns from: few points of a wave, with noise. */
export const POINTS = [
  [-1.8, -1.36],
  [-1.3, -2.2],
  [-0.9, -1.51],
  [-0.4, -1.22],
  [0.3, 0.9],
  [0.8, 1.94],
  [1.2, 1.73],
  [1.7, 1.88],
];

/** What a unit makes of its sum, and how that changes with it. */
export const ACTIVATIONS = {
  relu: { of: sum => Math.max(0, sum), slope: sum => Number(sum > 0) },
  linear: { of: sum => sum, slope: () => 1 },
};

/** By what a layer multiplies: what it keeps in training, and everything in evaluation. */
export const SCALES = {
  inverted: p => ({ training: p < 1 ? 1 / (1 - p) : 1, evaluation: 1 }),
  inference: p => ({ training: 1, evaluation: 1 - p }),
  none: () => ({ training: 1, evaluation: 1 }),
};

/** Units by layers: the input, those that drop, and the output. */
export const sizesOf = ({ depth, width }) => [1, ...new Array(depth - 1).fill(width), 1];

/** The mask of each layer that drops: the layer's number is the stream, the step's the sample. */
export const masks = (sizes, p, seed, step) =>
  range(1, sizes.length - 1).map(layer => decisions(p, { seed, stream: layer, sample: step }, sizes[layer]));

/** Weights as they are before training, a row for each unit, its bias last. */
export function initial(sizes, seed) {
  return range(1, sizes.length).map(layer => {
    const [from, to] = [sizes[layer - 1], sizes[layer]];
    const drawn = uniform({ seed, stream: layer }, to * (from + 1));
    const weights = drawn.map(share => (2 * share - 1) * Math.sqrt(6 / from));
    return range(0, to).map(unit => weights.slice(unit * (from + 1), (unit + 1) * (from + 1)));
  });
}

/** What each unit of a layer sums up: its bias, then its inputs one by one. */
export function sumsOf(layer, values) {
  return layer.map(row => {
    let sum = row[values.length];
    for (let k = 0; k < values.length; k++) sum += row[k] * values[k];
    return sum;
  });
}

/** The values of layers and the sums they come from; a unit that a mask does not keep has the value 0. */
export function pass(net, x, { of }, scale, kept) {
  const values = [[x]];
  const sums = [];
  for (const [k, layer] of net.entries()) {
    sums.push(sumsOf(layer, values[k]));
    if (k < net.length - 1) values.push(sums[k].map((sum, unit) => (kept && !kept[k][unit] ? 0 : of(sum) * scale)));
  }
  return { values, sums, output: sums.at(-1)[0] };
}

export const STEPS = 3000;
const RATE = 0.02;

/** The weights after training: each step has one point, and a thinned network of its own. */
export function trained({ depth, width, activation, weights, p, scaling }) {
  const sizes = sizesOf({ depth, width });
  const net = initial(sizes, weights);
  const change = optimizer(net);
  const [unit, { training }] = [ACTIVATIONS[activation], SCALES[scaling](p)];
  for (let step = 0; step < STEPS; step++) {
    const [x, y] = POINTS[step % POINTS.length];
    const kept = masks(sizes, p, weights, step);
    const passed = pass(net, x, unit, training, kept);
    const slopes = slopesOf(net, passed, unit, training, kept, 2 * (passed.output - y));
    change(slopes, passed.values, RATE * (1 - step / STEPS));
  }
  return net;
}

/** How the squared error changes with the sums of each layer. */
function slopesOf(net, { sums }, { slope }, scale, kept, error) {
  const slopes = [[error]];
  for (let k = net.length - 2; k >= 0; k--) {
    const [after] = slopes;
    const back = unit => after.reduce((sum, value, row) => sum + value * net[k + 1][row][unit], 0);
    slopes.unshift(sums[k].map((sum, unit) => (kept[k][unit] ? back(unit) * scale * slope(sum) : 0)));
  }
  return slopes;
}

/** Adam (Kingma and Ba, 2015) on the weights of a network. */
function optimizer(net) {
  const empty = () => net.map(layer => layer.map(row => row.map(() => 0)));
  const moments = [empty(), empty()];
  const decay = [1, 1];
  return (slopes, values, rate) => {
    decay[0] *= 0.9;
    decay[1] *= 0.999;
    for (const [k, layer] of net.entries())
      for (const [unit, row] of layer.entries()) {
        const [means, squares] = moments.map(moment => moment[k][unit]);
        move(row, [...values[k], 1], slopes[k][unit], { means, squares, decay, rate });
      }
  };
}

/** One step of a unit's weights; the bias is the weight of an input of 1. */
function move(row, inputs, slope, { means, squares, decay, rate }) {
  for (let place = 0; place < row.length; place++) {
    const change = slope * inputs[place];
    means[place] = 0.9 * means[place] + 0.1 * change;
    squares[place] = 0.999 * squares[place] + 0.001 * change * change;
    row[place] -= (rate * (means[place] / (1 - decay[0]))) / (Math.sqrt(squares[place] / (1 - decay[1])) + 1e-8);
  }
}
