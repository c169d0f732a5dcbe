/** Where the cells of arrays lie. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { cellAt, cornerOf, layout } from "../../app/web/page/layout.js";
import { product, range } from "../../app/web/page/numbers.js";

for (const shape of [[7], [5, 4], [3, 2, 6], [2, 3, 4, 5], [2, 2, 3, 2, 2], [32, 32]])
  test(`each cell of ${shape.join(" × ")} is where the pointer finds it, and inside`, () => {
    const plan = layout(shape, 300);
    for (const k of range(0, product(shape))) {
      const [x, y] = cornerOf(k, plan);
      assert.equal(cellAt(x + plan.cell / 2, y + plan.cell / 2, plan), k);
      assert.ok(x + plan.cell <= plan.width + 1e-9 && y + plan.cell <= plan.height + 1e-9);
    }
    assert.ok(plan.width <= 300 + 1e-9);
  });

test("between tables and beside them there is no cell", () => {
  const plan = layout([2, 2, 2], 300);
  const right = cornerOf(1, plan)[0] + plan.cell;
  assert.equal(cellAt(right + plan.cell / 4, plan.cell / 2, plan), null);
  assert.equal(cellAt(-1, -1, plan), null);
  assert.equal(cellAt(plan.width + 1, 0, plan), null);
});
