/** Another control is a row: of a layer's own parameter, all that the page does with it follows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FIELDS, addressOf, fieldsOf, isShown, placeOf, readAddress, rowOf } from "../../app/web/page/fields.js";
import { integer } from "../../app/web/page/rules.js";

const LAYERS = { axis_dropout: { parameters: ["axis"], example: { input: [[1]], axis: 1 } }, dropout: { parameters: [] } };
FIELDS.push({
  name: "along",
  read: integer(0, 4),
  usual: "0",
  field: "axis",
  value: Number,
  text: String,
  own: true,
  label: "Axis",
  control: { type: "number" },
});
const { CLAIMS, isClaimable, textsOf } = await import("../../app/web/page/claims.js");

const usual = Object.fromEntries(FIELDS.map(({ name, usual = "1" }) => [name, usual]));
const state = { ...usual, variant: "axis_dropout", along: "2" };

test("it stands in the address", () => {
  assert.match(addressOf(state, usual), /&along=2$/);
  assert.equal(readAddress("#along=3", usual, LAYERS).found.along, "3");
  assert.deepEqual(readAddress("#along=5", usual, LAYERS).wrong, ["along must be an integer from 0 to 4. Shown is 0."]);
});

test("it is shown and sent where a layer takes it, and told of its errors there", () => {
  assert.equal(fieldsOf(state, LAYERS.axis_dropout, 2).axis, 2);
  assert.ok(!("axis" in fieldsOf(state, LAYERS.dropout, 2)));
  const shown = ["axis_dropout", "dropout"].map(layer => isShown(rowOf("along"), state, LAYERS[layer]));
  assert.deepEqual(shown, [true, false]);
  assert.equal(placeOf("axis", state, LAYERS.axis_dropout), "along");
});

test("a layer brings that of its example", () => {
  const follows = rowOf("variant").follows(state, { variant: LAYERS.axis_dropout, shape: [1, 1] });
  assert.deepEqual(follows, { along: "1" });
});

test("it can be claimed, by the same element", () => {
  assert.deepEqual([CLAIMS.axis.read("2"), textsOf({}).axis, textsOf({ axis: 3 }).axis], [2, "0", "3"]);
  assert.ok(isClaimable("axis", LAYERS.axis_dropout) && !isClaimable("axis", LAYERS.dropout));
  assert.deepEqual(CLAIMS.axis.control, { type: "number" });
});
