/** The page keeps its order: which modules do without the page itself, and who may know whom. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../app/web/page/", import.meta.url);

/** They take values and give values, so that they are tried here. */
const PURE = [
  ...["arrays", "calls", "claims", "ensemble", "fields", "layout", "network", "npy", "numbers"],
  ...["numpy", "philox", "remarks", "rules", "sentences", "snippets", "text"],
];

const modules = readdirSync(FOLDER).filter(name => name.endsWith(".js"));
const text = name => readFileSync(new URL(name, FOLDER), "utf8");
const imported = name => [...text(name).matchAll(/^import .* from "\.\/(.*)";$/gm)].map(([, other]) => other);
const isPure = name => PURE.includes(name.replace(".js", ""));

/** All that a module needs, from itself on. */
function reached(name, path = []) {
  assert.ok(!path.includes(name), `${[...path, name].join(" → ")} is a circle`);
  return [name, ...imported(name).flatMap(other => reached(other, [...path, name]))];
}

test("a pure module touches no page, and imports pure ones only", () => {
  for (const name of modules.filter(isPure)) {
    assert.doesNotMatch(text(name), /\b(document|window|location|history|fetch\(|setTimeout)\b/, name);
    assert.deepEqual(
      imported(name).filter(other => !isPure(other)),
      [],
      name,
    );
  }
});

test("every module is needed, and none needs itself", () => {
  assert.deepEqual([...new Set(reached("main.js"))].sort(), modules.sort());
});
