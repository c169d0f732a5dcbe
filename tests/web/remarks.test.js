/** Sentences about thinned networks: each tells what is so. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { averaged, dropping, ofUnit, spreadOut, stepped, sure } from "../../app/web/page/remarks.js";

const KEPT = [
  [true, false, true, false],
  [false, true, true, true],
  [true, true, true, true],
];

test("what each layer drops is told by the units' numbers", () => {
  assert.equal(dropping(KEPT), "layer 1 drops units 2, 4; layer 2 drops unit 1; layer 3 drops nothing");
});

test("a step tells both answers, evaluation one", () => {
  const about = { step: 3, kept: KEPT, output: 0.5, whole: 0.25 };
  assert.match(stepped({ ...about, mode: "train" }), /^Step 3: .* answers 0\.5, the whole one 0\.25\.$/);
  assert.match(stepped({ ...about, mode: "eval" }), /^Evaluation: no layer drops anything\. .* answers 0\.25/);
});

test("answers lie from the least to the largest", () => {
  assert.equal(spreadOut([2]), "The first thinned network answers 2.");
  assert.equal(spreadOut([2, -1, 0]), "The 3 thinned networks so far answer −1 to 2.");
});

const ABOUT = {
  units: 12,
  isFew: true,
  activation: "relu",
  scaling: "inverted",
  count: 400,
  mean: 0.7,
  average: 0.75,
  whole: 0.5,
};

test("the average of all is told where they are few, and why the whole network is apart", () => {
  assert.match(
    averaged(ABOUT),
    /of all 2¹² = 4,096, .* 0\.75\. The whole network answers 0\.5: 0\.25 apart: a unit that bends/,
  );
  assert.match(
    averaged({ ...ABOUT, units: 40, isFew: false }),
    /all 2⁴⁰ would be too many\. .* 0\.2 apart, chance included/,
  );
});

test("linear units have no gap, and scaling none always one", () => {
  assert.match(averaged({ ...ABOUT, activation: "linear", whole: 0.75 }), /the same, for its units are linear\.$/);
  assert.match(averaged({ ...ABOUT, scaling: "none" }), /0\.25 apart, for nothing makes up for what is dropped\.$/);
});

test("a scatter is told near and far", () => {
  const place = x => ({ x, mean: 2 * x, deviation: x / 2 });
  assert.equal(
    sure(place(0.8), place(3.5)),
    "Beside the points, at x = 0.8, thinned networks scatter by 0.4 around 1.6; far from them, at x = 3.5, by 1.75 around 7.",
  );
});

test("a unit is told by how often it is 0", () => {
  const told = ofUnit({ name: "2.5", values: [0, 0, 4, 4], whole: 2, p: 0.5, activation: "linear" });
  assert.equal(
    told,
    "Unit 5 of layer 2 is 0 in 50 % of 4 thinned networks, because it is dropped with p = 0.5. Its mean is 2, in the whole network it has 2.",
  );
});
