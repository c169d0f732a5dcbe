/** What is claimed of a layer: from a call into fields, and from fields into a call. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CLAIMS, isClaimable, textsOf } from "../../app/web/page/claims.js";
import { LAYERS } from "./layers.js";

function readAgain(call, layer) {
  const texts = textsOf(call);
  const names = Object.keys(CLAIMS).filter(name => isClaimable(name, LAYERS[layer]));
  const read = names.map(name => [name, CLAIMS[name].read(texts[name])]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

const CALL = { input: [[1, -0]], output: [[0, 2]], p: 0.4 };
const WHOLE = { ...CALL, training: true, variant: "dropout" };
const CALLS = [
  ["dropout", { ...CALL, seed: 1, include: ["output"] }, { ...WHOLE, scaling: "inverted" }],
  ["dropout", { ...WHOLE, training: false, scaling: "none", noise_shape: [null, 1] }, undefined],
  ["dropout1d", { ...WHOLE, variant: "dropout1d", scaling: "inverted", channels_last: true }, undefined],
  ["drop_block2d", { ...WHOLE, variant: "drop_block2d", block_size: 3 }, undefined],
];

for (const [layer, call, wanted = call] of CALLS)
  test(`the claims of ${JSON.stringify(call)} come through their fields`, () => {
    assert.deepEqual(readAgain(call, layer), wanted);
  });

test("a noise shape is written in any brackets, or in none", () => {
  for (const text of ["null, 1", "[null,1]", " [null, 1] "]) assert.deepEqual(CLAIMS.noise_shape.read(text), [null, 1]);
  assert.throws(() => CLAIMS.noise_shape.read("a"));
});
