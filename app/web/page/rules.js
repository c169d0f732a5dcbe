/** What can't be done as it was asked for, and the rules that say so. */

import { product } from "./numbers.js";

/** Told to people as it is. `faults` say where it is wrong, `again` in how many seconds it may go well. */
export class Refusal extends Error {
  constructor(message, { faults = [], again } = {}) {
    super(message);
    Object.assign(this, { faults, again });
  }
}

/** A rule that was broken: the rest of a sentence that begins with what broke it. */
export class BrokenRule extends Refusal {}

const LARGEST = 2n ** 64n - 1n;

/** A reader of text that is used as it is if the rule holds. */
const must = (holds, rule) => text => {
  if (!holds(text)) throw new BrokenRule(`must be ${rule}.`);
  return text;
};

const between = (value, least, most) => value >= least && value <= most;

export const real = (least, most) =>
  must(text => text.trim() !== "" && between(Number(text), least, most), `a number from ${least} to ${most}`);

export const probability = real(0, 1);

export const among = (...choices) => must(text => choices.includes(text), `one of ${choices.join(", ")}`);

export const word = must(text => /^\d{1,20}$/.test(text) && BigInt(text) <= LARGEST, `an integer from 0 to ${LARGEST}`);

export const integer = (least, most) =>
  must(text => /^\d{1,6}$/.test(text) && between(Number(text), least, most), `an integer from ${least} to ${most}`);

export const matching = (pattern, rule) => must(text => pattern.test(text), rule);

/** Sizes of at most five dimensions, as in 5x4. */
export const sizes = (side, most) =>
  must(text => {
    const found = /^\d+(x\d+){0,4}$/.test(text) ? text.split("x").map(Number) : [0];
    return found.every(size => between(size, 1, side)) && product(found) <= most;
  }, `sizes from 1 to ${side}, ${most} numbers in all`);
