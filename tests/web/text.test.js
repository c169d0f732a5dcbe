/** Arrays as text, read and written. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PYTHON_WORDS, compact, parse, written } from "../../app/web/page/text.js";

const READ = [
  ["1, 2\n3, 4.5", [[1, 2], [3, 4.5]]],
  ["1; -2.5\t3e-3\r\n\n 4 5  6 \n", [[1, -2.5, 0.003], [4, 5, 6]]],
  ["7", [[7]]],
  ["[[1, 2], [3, 4.5]]", [[1, 2], [3, 4.5]]],
  [" [1, [2, true]]", [1, [2, true]]],
]; // prettier-ignore

for (const [text, array] of READ)
  test(`${JSON.stringify(text)} is read`, () => {
    assert.deepEqual(parse(text, 10), array);
  });

const REFUSED = [
  ["", "There are no numbers yet."],
  ["[]", "There are no numbers yet."],
  ["1, 2\n\n3, four", "Line 3, column 2: “four” is no number."],
  ["1,,2", "Line 1, column 2: “” is no number."],
  ["1, Infinity", "Line 1, column 2: “Infinity” is no number."],
  [`1 ${"x".repeat(50)}`, `Line 1, column 2: “${"x".repeat(20)}” is no number.`],
  ["1, 2\n3", "Line 2 has 1 numbers, the first has 2."],
  ["1 2 3 4 5 6", "These are 6 numbers, and the page takes 5: send more with curl."],
];

for (const [text, message] of REFUSED)
  test(`${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parse(text, 5), { message });
  });

test("JSON that is none is refused with the reason", () => {
  assert.throws(() => parse("[[1, 2], [3, 4]", 5), { message: /^This is not JSON: ./ });
});

test("a row of numbers is a line, under the one before", () => {
  assert.equal(written([[1, 2.5], [3, -0]], undefined, 4), "[[1, 2.5],\n     [3, -0.0]]"); // prettier-ignore
});

test("an object's values begin where they are read", () => {
  assert.equal(written({ a: [[1], [2]], bc: "é" }), '{"a": [[1],\n       [2]],\n "bc": "é"}'); // prettier-ignore
});

test("Python has words of its own", () => {
  assert.equal(written([true, false, null, "true"], PYTHON_WORDS), '[True, False, None, "true"]');
});

test("what is written is what is read, its sign of zero too", () => {
  const array = [[[-0, 1e-300], [12345678901234567890, 0.1]], [[1, 2], [3, 4]]]; // prettier-ignore
  for (const text of [written(array), compact(array)]) assert.deepEqual(parse(text, 8), array);
});
