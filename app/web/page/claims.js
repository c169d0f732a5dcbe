/** What is claimed of a layer, one part a row: between the fields of verification and those of its call. */

import { FIELDS, takes } from "./fields.js";
import { probability } from "./rules.js";
import { parse, written } from "./text.js";

const MOST = 100_000;

export const arrayIn = text => parse(text, MOST);

/**
 * read      what the call has for the text of a field; nothing leaves it out
 * write     the text for what a call has; where it has nothing, for `usual`
 * own       only layers with this among their parameters take it
 * control   what its element has, where the markup has none
 */
export const CLAIMS = {
  input: { read: arrayIn, write: written },
  output: { read: arrayIn, write: written },
  p: { read: text => Number(probability(text)), write: String },
  training: { read: text => text === "train", write: value => (value ? "train" : "eval"), usual: true },
  variant: { read: String, write: String, usual: "dropout" },
  scaling: { read: String, write: String, usual: "inverted", own: true },
  ...Object.fromEntries(FIELDS.filter(({ own, label }) => own && label).map(parameter)),
};

/** The row of a layer's own parameter, by that of its control. */
function parameter({ field, value, usual, control, claim }) {
  const write = given => (given === null ? "" : written(given));
  return [field, { read: value, write, usual: value(usual) ?? null, control, ...claim, own: true }];
}

export const isClaimable = (name, variant) => !CLAIMS[name].own || takes(variant, name);

/** The texts of a call's claims, by the names of their fields. */
export function textsOf(call) {
  const entry = ([name, { write, usual }]) => [name, write(call[name] ?? usual)];
  return Object.fromEntries(Object.entries(CLAIMS).map(entry));
}
