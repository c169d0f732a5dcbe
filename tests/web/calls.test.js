/** The calls that are made from a state, and what a reply says of each element. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { exchange, figureCall, meanCall, runsCall } from "../../app/web/page/calls.js";
import { LAYERS } from "./layers.js";

const STATE = { p: "0.4", seed: "1", variant: "dropout", mode: "train", scaling: "inverted", share: "" };
const EXAMPLE = [[1, 2]];

test("the figure is of the example, of made-up numbers, or of one's own", () => {
  const inputOf = more => figureCall({ state: { ...STATE, ...more }, variant: LAYERS.dropout }, EXAMPLE).input;
  assert.deepEqual(inputOf({ numbers: "article" }), EXAMPLE);
  assert.deepEqual(inputOf({ numbers: "uniform", shape: "1x2", from: "42" }), [
    [0.8501261319416725, 0.8233641586600332],
  ]);
  assert.deepEqual(inputOf({ numbers: "own", data: "[3,4]" }), [3, 4]);
  assert.throws(() => inputOf({ numbers: "own", data: "" }), { message: "There are no numbers yet." });
});

test("a mask is asked for where there is one", () => {
  const includeOf = layer =>
    figureCall({ state: { ...STATE, numbers: "article" }, variant: LAYERS[layer] }, EXAMPLE).include;
  assert.deepEqual(includeOf("dropout"), ["output", "mask", "statistics"]);
  assert.deepEqual(includeOf("gaussian_dropout"), ["output", "statistics"]);
});

test("experiments train, whatever the figure does", () => {
  const state = { ...STATE, mode: "eval", from: "7", runs: "20" };
  const fields = { p: 0.4, seed: 1, input_seed: 7, runs: 20 };
  const runs = numbers => runsCall({ state: { ...state, numbers }, variant: LAYERS.dropout, shape: [2, 3] });
  assert.deepEqual(runs("normal"), { shape: [2, 3], distribution: "normal", ...fields });
  assert.deepEqual(runs("own"), { shape: [2, 3], distribution: "uniform", ...fields });
});

test("a mean in training is of many masks, one in evaluation of none", () => {
  const seen = { state: STATE, variant: LAYERS.dropout, sent: { input: EXAMPLE }, shape: [1, 2] };
  const call = { input: EXAMPLE, p: 0.4, seed: 1, scaling: "none", include: ["statistics"] };
  const meanOf = mode => meanCall(seen, { mode, scaling: "none", samples: 9 });
  assert.deepEqual(meanOf("train"), { ...call, samples: 9 });
  assert.deepEqual(meanOf("eval"), { ...call, training: false });
});

test("between input and output is the mask, or the factor of each number", () => {
  const reply = { shape: [1, 2], output: [[0, -5]] };
  const masked = exchange({ variant: LAYERS.dropout }, { input: EXAMPLE }, { ...reply, mask: [[false, true]] });
  assert.deepEqual([masked.kept, masked.noise, masked.most], [[false, true], [0, 1], 5]);
  const gaussian = exchange({ variant: LAYERS.gaussian_dropout }, { input: [[0, 2]] }, reply);
  assert.deepEqual([gaussian.kept, gaussian.noise], [null, [1, -2.5]]);
});
