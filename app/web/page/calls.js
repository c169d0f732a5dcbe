/** The calls that the page makes, from a state and the variant that is chosen in it. */

import { flat, nest, shapeOf } from "./arrays.js";
import { CELLS, fieldsOf, takes } from "./fields.js";
import { largest, product } from "./numbers.js";
import { DISTRIBUTIONS, draw } from "./philox.js";
import { parse } from "./text.js";

/** The numbers to work on; the example's are those that the page came with. */
function inputOf(state, example) {
  if (state.numbers === "article") return example;
  if (state.numbers === "own") return parse(state.data, CELLS);
  const shape = state.shape.split("x").map(Number);
  return nest(draw(state.numbers, state.from, product(shape)), shape);
}

/** What the figure is drawn from. */
export function figureCall({ state, variant }, example) {
  const input = inputOf(state, example);
  const include = takes(variant, "mask") ? ["output", "mask", "statistics"] : ["output", "statistics"];
  return { input, ...fieldsOf(state, variant, shapeOf(input).length), include };
}

/** Many runs, on the same numbers where the service makes up such. */
export function runsCall({ state, variant, shape }) {
  const distribution = state.numbers in DISTRIBUTIONS ? state.numbers : "uniform";
  return { shape, distribution, ...fieldsOf({ ...state, mode: "train" }, variant, shape.length, { experiment: true }) };
}

/** A mean: in training of many masks, in evaluation of the one answer there is. */
export function meanCall({ state, variant, sent, shape }, { mode, scaling, samples }) {
  const many = mode === "train" ? { samples } : {};
  const fields = fieldsOf({ ...state, mode, scaling }, variant, shape.length);
  return { input: sent.input, ...fields, ...many, include: ["statistics"] };
}

/** What was asked and its reply, and what both say of each element: `kept` is null where the layer has no mask. */
export function exchange(asked, sent, reply) {
  const x = flat(sent.input);
  const y = flat(reply.output);
  const kept = reply.mask === undefined ? null : flat(reply.mask);
  const noise = kept?.map(Number) ?? x.map((value, k) => (value ? y[k] / value : 1));
  return { ...asked, sent, reply, shape: reply.shape, x, y, kept, noise, most: largest([...x, ...y]) };
}
