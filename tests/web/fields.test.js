/** The table of controls: its rules, the address, the fields of calls, and what follows from a change. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FIELDS, addressOf, fieldsOf, isShown, placeOf, readAddress } from "../../app/web/page/fields.js";
import { LAYERS } from "./layers.js";

const USUAL = {
  ...Object.fromEntries(FIELDS.map(({ name, usual }) => [name, usual])),
  ...{ p: "0.4", seed: "42", shape: "5x4" },
};
const field = name => FIELDS.find(field => field.name === name);
const shownOf = (state, layer) =>
  FIELDS.filter(field => !isShown(field, { ...USUAL, ...state }, LAYERS[layer])).map(({ name }) => name);

const TAKEN = {
  p: ["0", "1", "0.25", ".5", "1e-3"],
  seed: ["0", "18446744073709551615"],
  variant: ["dropout", "drop_block2d"],
  numbers: ["article", "uniform", "normal", "own"],
  shape: ["1", "32x32", "2x3x4x5x6"],
  share: ["", "4"],
  last: ["", "1"],
  block: ["1", "32"],
  runs: ["2", "2000"],
  x: ["-4", "0", "4", "0.15"],
  step: ["0", "399"],
  depth: ["2", "6"],
  activation: ["relu", "linear"],
  weights: ["0", "18446744073709551615"],
  unit: ["1.1", "5.8"],
};
const REFUSED = {
  p: ["", " ", "-0.1", "1.01", "x", "NaN"],
  seed: ["", "-1", "1.5", "4e2", "18446744073709551616", "0x1"],
  variant: ["", "dropout9"],
  mode: ["training"],
  numbers: ["", "toString"],
  shape: ["", "0x9", "33", "32x32x5", "2x2x2x2x2x2", "4x", "4*4", "1.5"],
  share: ["5", "x"],
  last: ["true"],
  block: ["0", "33", "2.5"],
  runs: ["1", "2001"],
  x: ["", "4.1", "far"],
  step: ["400", "-1"],
  depth: ["1", "7"],
  width: ["1", "9"],
  activation: ["tanh"],
  weights: ["-1"],
  unit: ["", "0.1", "1.9", "6.1"],
  view: ["", "docs"],
};

for (const [name, texts] of Object.entries(TAKEN))
  test(`${name} may be ${texts.join(", ")}`, () => {
    for (const text of texts) assert.equal(field(name).read(text, LAYERS), text);
  });

for (const [name, texts] of Object.entries(REFUSED))
  test(`${name} may not be ${texts.join(", ")}`, () => {
    for (const text of texts) assert.throws(() => field(name).read(text, LAYERS), { message: /^must be / });
  });

test("one's own numbers are kept without a blank", () => {
  assert.equal(field("data").read("1, 2\n3, 4", LAYERS), "[[1,2],[3,4]]");
});

test("an address is the whole state, what is usual left out", () => {
  const state = { ...USUAL, p: "0.3", numbers: "own", data: "[[1,-0.0]]", last: "1" };
  assert.equal(addressOf(USUAL, USUAL), "#p=0.4&seed=42&variant=dropout&numbers=article");
  assert.deepEqual(readAddress(addressOf(state, USUAL), USUAL, LAYERS), {
    found: state,
    given: ["p", "seed", "variant", "numbers", "data", "last"],
    wrong: [],
  });
});

test("what is wrong in an address is told and as usual, what is unknown ignored", () => {
  const { found, wrong } = readAddress("#p=7&mode=eval&colour=red&__proto__=1&data=x", USUAL, LAYERS);
  assert.deepEqual(found, { ...USUAL, mode: "eval" });
  assert.deepEqual(wrong, [
    "p must be a number from 0 to 1. Shown is 0.4.",
    "data Line 1, column 1: “x” is no number. Shown is none.",
  ]);
});

const CALLED = [
  { layer: "dropout", state: {}, fields: { p: 0.4, seed: 42 } },
  {
    layer: "dropout",
    state: { mode: "eval", scaling: "none", share: "1", last: "1", block: "3" },
    fields: { p: 0.4, seed: 42, training: false, scaling: "none", noise_shape: [null, 1] },
  },
  {
    layer: "dropout1d",
    state: { seed: "9007199254740993", last: "1", share: "1" },
    fields: { p: 0.4, seed: "9007199254740993", variant: "dropout1d", channels_last: true },
  },
  { layer: "gaussian_dropout", state: { scaling: "none" }, fields: { p: 0.4, seed: 42, variant: "gaussian_dropout" } },
  { layer: "drop_block2d", state: {}, fields: { p: 0.4, seed: 42, variant: "drop_block2d", block_size: 2 } },
];

for (const { layer, state, fields } of CALLED)
  test(`${layer} takes of ${JSON.stringify(state)} what it knows`, () => {
    const call = fieldsOf({ ...USUAL, ...state, variant: layer }, LAYERS[layer], 2);
    assert.deepEqual(call, fields);
    const experiment = fieldsOf({ ...USUAL, ...state, variant: layer }, LAYERS[layer], 2, { experiment: true });
    assert.deepEqual(experiment, { ...fields, input_seed: 42, runs: 200 });
  });

test("controls are shown where they mean something", () => {
  const never = {
    dropout: ["last", "block"],
    dropout1d: ["share", "block"],
    drop_block2d: ["scaling", "share", "last"],
  };
  for (const [layer, names] of Object.entries(never))
    assert.deepEqual(shownOf({ numbers: "article" }, layer).sort(), [...names, "shape", "from", "data"].sort());
  assert.deepEqual(shownOf({ numbers: "uniform" }, "dropout"), ["data", "last", "block"]);
  assert.deepEqual(shownOf({ numbers: "own" }, "dropout"), ["shape", "from", "last", "block"]);
});

test("an error is told where its field comes from", () => {
  const placed = (part, numbers) => placeOf(part, { ...USUAL, numbers }, LAYERS.dropout);
  assert.deepEqual(
    ["p", "noise_shape", "input_seed", "training", "offset", ""].map(part => placed(part, "uniform")),
    ["p", "share", "from", "mode", undefined, undefined],
  );
  assert.deepEqual(
    ["article", "normal", "own"].map(numbers => placed("input", numbers)),
    ["numbers", "numbers", "data"],
  );
});

test("a layer of another rank brings numbers that fit it", () => {
  const follows = (layer, shape, state = {}) =>
    field("variant").follows({ ...USUAL, share: "1", ...state }, { variant: LAYERS[layer], shape });
  const uniform = { numbers: "uniform", shape: "1x2x2", share: "" };
  assert.deepEqual(follows("dropout1d", [5, 4]), uniform);
  assert.deepEqual(follows("feature_alpha_dropout", [5, 4]), { ...uniform, numbers: "normal", shape: "2x1x2" });
  assert.deepEqual(follows("dropout", [1, 2, 2]), { ...uniform, numbers: "article", shape: "1x2" });
  assert.deepEqual(follows("drop_block2d", [1, 1, 4, 4]), { block: "1" });
  assert.deepEqual(follows("dropout1d", [5, 4], { numbers: "own" }), {});
});

test("other numbers begin as those that were seen", () => {
  const follows = (numbers, seen) => field("numbers").follows({ ...USUAL, numbers, share: "1" }, { seen });
  const seen = { shape: [3], sent: { input: [1, -0, 2] } };
  assert.deepEqual(follows("normal", seen), { shape: "1x3", data: "", share: "" });
  assert.deepEqual(follows("own", seen), { shape: "5x4", data: "[1,-0.0,2]", share: "" });
  assert.deepEqual(follows("normal", { ...seen, shape: [99, 2] }), { shape: "5x4", data: "", share: "" });
  assert.deepEqual(follows("uniform", null), { shape: "1x1", data: "", share: "" });
});
