/** Code in five languages; that it gives the page's numbers is tried in the browser's tests. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { TAGS } from "../../app/web/page/philox.js";
import { LANGUAGES } from "../../app/web/page/snippets.js";

const LAW = "a-law/v9";

function code(language, { locked, ...changes } = {}) {
  const { variant = "dropout", training = true, p = 0.4, scaling = "inverted", shift, block } = changes;
  const sent = { input: [[1, -0]], p, seed: "18446744073709551615", ...(block ? { block_size: block } : {}) };
  const layer = { noise_shape: [1, 2], mask_law: LAW, ...(shift === undefined ? {} : { shift }) };
  const reply = { shape: [1, 2], layer, replay: { variant, training, p, scaling } };
  return LANGUAGES[language].code({ sent, reply, url: "http://host/v1/dropout", locked });
}

test("what was sent is sent again", () => {
  const call = '{"input": [[1, -0.0]],\n          "p": 0.4,';
  assert.ok(code("curl").includes(`-d '${call.replaceAll("          ", "       ")}`));
  assert.ok(code("httpx").includes('call = {"input": [[1, -0.0]],\n        "p": 0.4,'));
  assert.ok(code("fetch").includes('const call = {"input": [[1, -0.0]],\n              "p": 0.4,'));
  for (const language of ["curl", "httpx", "fetch"]) assert.ok(code(language).includes("http://host/v1/dropout"));
});

test("where a key is needed, its place is shown, and only there", () => {
  for (const language of ["curl", "httpx", "fetch"]) {
    assert.ok(!code(language).includes("YOUR_KEY"));
    assert.match(code(language, { locked: true }), /Authorization"?: "?Bearer YOUR_KEY/);
  }
});

test("the law's name is the reply's, its tags are those of the page's own numbers", () => {
  const plain = code("numpy");
  for (const part of [LAW, `b"${TAGS.lanes}"`, `b"${TAGS.rests}"`]) assert.ok(plain.includes(part), part);
  assert.ok(code("numpy", { variant: "gaussian_dropout" }).includes(`b"${TAGS.normals}"`));
});

test("a seed of 64 bits is written as it is", () => {
  assert.ok(code("numpy").includes("p, seed = 0.4, 18446744073709551615\n"));
});

const EDGES = [
  [{ training: false }, "y = x  # evaluation"],
  [{ training: false, scaling: "inference" }, "y = x * (1 - p)  # evaluation scales, and drops nothing"],
  [{ p: 1 }, "y = x * 0.0 + 0.0  # p = 1 drops everything"],
  [{ p: 0, variant: "alpha_dropout", shift: 0 }, "y = x  # p = 0"],
];

for (const [changes, line] of EDGES)
  test(`nothing is drawn for ${JSON.stringify(changes)}`, () => {
    assert.ok(!code("numpy", changes).includes("mask"));
    for (const language of ["numpy", "torch"]) assert.ok(code(language, changes).includes(`${line}\n`));
  });

test("PyTorch applies the mask to tensors", () => {
  assert.match(code("torch"), /x, mask = torch\.from_numpy\(x\), torch\.from_numpy\(mask\)\ny = torch\.where\(/);
});
