/** Numbers as people read them, and what many have in common. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { agreement, extent, histogram, margin, number, percent, running } from "../../app/web/page/numbers.js";

const SHOWN = [
  [0, "0"],
  [-0, "0"],
  [1.23456, "1.2346"],
  [-1.5, "−1.5"],
  [0.1 + 0.2, "0.3"],
  [-0.00012, "−0.0001"],
  [0.00001234, "0.0000123"],
  [1.5e-7, "1.5e−7"],
  [9999999, "9999999"],
  [12345678, "12300000"],
  [-1.25e30, "−1.25e+30"],
];

for (const [value, text] of SHOWN)
  test(`${value} is shown as ${text}`, () => {
    assert.equal(number(value), text);
  });

test("shares and extents are words around numbers", () => {
  assert.equal(percent(0.33333), "33.3 %");
  assert.equal(extent([2, -1.5, 0]), "from −1.5 to 2");
});

test("a histogram counts each value once, the largest in the last bin", () => {
  const bins = histogram([0, 0.5, 1, 1], 0, 1);
  assert.deepEqual([bins.length, bins[0], bins[8], bins[15]], [16, 0.25, 0.25, 0.5]);
  assert.deepEqual(histogram([3], 3, 3, 2)[0], 0.5);
});

test("means so far have the margin of their standard error", () => {
  const [first, , third] = running([1, 2, 6]);
  assert.deepEqual(first, { mean: 1, margin: 0 });
  assert.equal(third.mean, 3);
  assert.ok(Math.abs(third.margin - margin(Math.sqrt(7 / 3))) < 1e-12);
});

const AGREED = [
  { mean: 0.5, evaluation: 0.5, words: "yes" },
  { mean: 0.5, evaluation: 0.501, words: "yes, up to chance" },
  { mean: 0.3, evaluation: 0.5, words: "no: evaluation is 1.67 times as large" },
  { mean: 0.001, evaluation: 0.5, words: "no: evaluation is 0.5 instead of 0.001" },
  { mean: 0.001, evaluation: 0.002, input: 0.002, words: "too near 0 to tell" },
];

for (const { mean, evaluation, input = 0.5, words } of AGREED)
  test(`${mean} in training beside ${evaluation}: ${words}`, () => {
    const told = { input: { mean: input }, output: { mean, std: 0.1, size: 10_000 }, decisions: 10_000 };
    assert.equal(agreement(told, 0.4, evaluation), words);
  });
