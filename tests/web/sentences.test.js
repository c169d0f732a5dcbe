/** What a call and its reply come to, in words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { exchange } from "../../app/web/page/calls.js";
import { answers, arithmetic, captions, summaries } from "../../app/web/page/sentences.js";
import { LAYERS } from "./layers.js";

/** A layer's reply to one number that it drops and one that it keeps. */
function seen(layer, changes = {}) {
  const {
    p = 0.4,
    training = true,
    scale = 1 / (1 - p),
    shift,
    output = [[0, 2 * scale]],
    mask = [[false, true]],
  } = changes;
  return exchange(
    { variant: LAYERS[layer] },
    { input: [[1, 2]] },
    {
      shape: [1, 2],
      output,
      mask: mask ?? undefined,
      replay: { p, training },
      layer: { scale, keep_prob: 1 - p, ...(shift === undefined ? {} : { shift }) },
      statistics: {
        decisions: mask && training ? 2 : 0,
        dropped: 1,
        drop_rate: 0.5,
        expected_drop_rate_interval: [0, 0.9],
        input: { mean: 1.5 },
        output: { mean: 5 / 3 },
      },
    },
  );
}

test("the sentences are those of the reply", () => {
  assert.deepEqual(captions(seen("dropout")), {
    shares: "drops 40 % · keeps 60 % · scale 1.667",
    statistics: "1 of 2 decisions were to drop, 50 %. At p = 0.4 it is 0 % to 90 %, 99 times of 100.",
    "input-under": "mean 1.5",
    "mask-under": "1 of 2 kept",
    "output-under": "mean 1.6667",
  });
});

test("the answers have the layer's numbers", () => {
  assert.deepEqual(answers(seen("dropout")), {
    ...{ p: "0.4", keep: "0.6", share: "40 %", left: "60 %", scale: "1.6667", swapped: "2.5" },
    ...{ count: "2", gone: "1", mean: "1.5", less: "0.9", first: "1" },
  });
});

test("the answers say where there is no number", () => {
  const [none, all] = [answers(seen("gaussian_dropout", { p: 0, mask: null })), answers(seen("dropout", { p: 1 }))];
  assert.deepEqual([none.gone, none.scale, none.swapped], ["0", "1", "1 ÷ 0, which has no value"]);
  assert.deepEqual([all.scale, all.swapped], ["1 ÷ 0, which has no value", "1"]);
});

const STATISTICS = [
  ["a block is dropped by each", seen("drop_block2d"), "1 of 2 decisions were to drop, 50 %. Each drops a block."],
  ["nothing is dropped by noise", seen("gaussian_dropout", { mask: null, output: [[1, 2]] }), "Nothing is dropped."],
  [
    "evaluation is the input",
    seen("dropout", { training: false, scale: 1, output: [[1, 2]] }),
    "In evaluation nothing is dropped: the output is the input, bit for bit.",
  ],
  [
    "evaluation scales where training does not",
    seen("dropout", { training: false, scale: 0.6, output: [[0.6, 1.2]] }),
    "In evaluation nothing is dropped: every number is scaled.",
  ],
];

for (const [law, about, sentence] of STATISTICS)
  test(law, () => {
    assert.equal(captions(about).statistics, sentence);
  });

test("p = 1 has no scale, and says why", () => {
  assert.match(
    captions(seen("dropout", { p: 1, scale: null, output: [[0, 0]] })).shares,
    /no scale: 1\/\(1 − 1\) has no value$/,
  );
});

const ALPHA = { scale: 0.5, shift: 0.25, output: [[-0.75, 1.25]] };
const STEPS = [
  ["dropout", {}, ["[0, 0] dropped: 1 · 0 = 0", "[0, 1] kept: 2 · 1 ÷ 0.6 = 3.3333"]],
  ["dropout", { scale: 1 }, ["[0, 0] dropped: 1 · 0 = 0", "[0, 1] kept: 2 · 1 = 2"]],
  ["drop_block2d", { scale: 2 }, ["[0, 0] dropped: 1 · 0 = 0", "[0, 1] kept: 2 · 2 = 4"]],
  ["alpha_dropout", ALPHA, ["[0, 0] dropped: 1 becomes −0.75", "[0, 1] kept: 2 · 0.5 + 0.25 = 1.25"]],
  ["gaussian_dropout", { mask: null, output: [[0.5, 3]] }, ["[0, 0]: 1 · 0.5 = 0.5", "[0, 1]: 2 · 1.5 = 3"]],
  [
    "dropout",
    { training: false, scale: 1, output: [[1, 2]] },
    ["[0, 0] evaluation: 1 stays 1", "[0, 1] evaluation: 2 stays 2"],
  ],
  [
    "dropout",
    { training: false, scale: 0.6, output: [[0.6, 1.2]] },
    ["[0, 0] evaluation: 1 · 0.6 = 0.6", "[0, 1] evaluation: 2 · 0.6 = 1.2"],
  ],
];

for (const [layer, changes, lines] of STEPS)
  test(`${lines[1]} is how an output comes about`, () => {
    const about = seen(layer, changes);
    assert.deepEqual([arithmetic(about, 0), arithmetic(about, 1)], lines);
  });

test("the maps are told to those who don't see them", () => {
  assert.deepEqual(summaries(seen("dropout", { output: [[0, 4]] })), {
    input: "input: 1 × 2 numbers from 1 to 2, mean 1.5",
    mask: "mask: 1 of 2 dropped",
    output: "output: 1 × 2 numbers from 0 to 4, mean 2",
  });
});
