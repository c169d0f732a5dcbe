/** The words of the law: published known answers, and those of this law's own. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { DISTRIBUTIONS, TAGS, decisions, draw, philox, uniform, words } from "../../app/web/page/philox.js";

const MOST = 2n ** 64n - 1n;

const KNOWN = [
  {
    counter: [0n, 0n, 0n, 0n],
    key: [0n, 0n],
    words: "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b",
  },
  {
    counter: [MOST, MOST, MOST, MOST],
    key: [MOST, MOST],
    words: "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0",
  },
];

/** Of the mask, decisions 0 to 4, and which of the first 32 keep at some p. */
const DECISIONS = [
  {
    place: { seed: 0n },
    u: "75450b2822963a5d fbafd3ecc00c518b 30f281b995960bea 92da46d4898f76a1 b6ce92daffb7c952",
    kept: { 0.5: "01011001011000010110100001100000", 0.4: "11011101111001010110100001100100" },
  },
  {
    place: { seed: "42" },
    u: "0d79b9438f487c1f 74a2fdcad6709b98 007e35229ef6e41b bf256b9792514d84 c0cd366b7299c924",
    kept: { 0.5: "00011010111010111101010100001000", 0.1: "01011110111110111111111110101011" },
  },
  {
    place: { seed: 42, stream: 3, sample: 2 },
    u: "459e762f08807003 b2accb10f4c250ac 71c628f2b5610539 39bf5d8a0ace3375 44abbbb5ff416c1b",
    kept: { 0.5: "01000011001101010110000110110101", 0.4: "01100011001101010110000110110101" },
  },
  {
    place: { seed: MOST },
    u: "3de1c442a7286593 8bb55c66e4a5dff6 dff000e7630f8d11 4f053ff55c0dea81 ae7f79e5bf40bede",
    kept: { 0: "1".repeat(32), 1: "0".repeat(32) },
  },
];

const hex = word => word.toString(16).padStart(16, "0");
const isClose = (value, wanted) => Math.abs(value - wanted) <= 1e-12 * Math.abs(wanted);

for (const { counter, key, words } of KNOWN)
  test(`Philox4x64-10 gives the known answer to counter ${counter[0]}`, () => {
    assert.equal(philox(counter, key).map(hex).join(" "), words);
  });

for (const { place, u, kept } of DECISIONS)
  test(`the mask's decisions at ${Object.values(place)} are the law's`, () => {
    const lanes = words(TAGS.lanes, place, 2);
    const rests = words(TAGS.rests, place, 5);
    const lane = k => (lanes[Math.floor(k / 4)] >> BigInt(16 * (k % 4))) & 0xffffn;
    assert.equal(rests.map((rest, k) => hex((lane(k) << 48n) | (rest >> 16n))).join(" "), u);
    for (const [p, wanted] of Object.entries(kept))
      assert.equal(decisions(Number(p), place, 32).map(Number).join(""), wanted);
  });

test("a tie is decided by 48 bits more", () => {
  const kept = decisions(0.4, { seed: 42 }, 77176);
  assert.deepEqual([kept[76525], kept[77175]], [false, true]);
});

test("made-up inputs are the law's", () => {
  assert.deepEqual(uniform({ seed: 42 }, 2), [0.8501261319416725, 0.8233641586600332]);
  assert.ok(isClose(DISTRIBUTIONS.normal({ seed: 42 }, 1)[0], 0.25347892476673944));
});

test("fewer numbers are the first of more", () => {
  for (const distribution of Object.keys(DISTRIBUTIONS))
    for (const count of [1, 4, 5, 6])
      assert.deepEqual(draw(distribution, "7", count), draw(distribution, "7", 9).slice(0, count));
});

test("what is drawn depends on distribution and seed", () => {
  const drawn = [draw("uniform", "1", 3), draw("normal", "1", 3), draw("uniform", "2", 3)];
  assert.equal(new Set(drawn.map(String)).size, 3);
});
