/** The state: a text for each control, which is the page's address. Nothing else is kept. */

import { shapeOf } from "./arrays.js";
import { $ } from "./elements.js";
import { FIELDS, addressOf, fitting, readAddress } from "./fields.js";
import { layers } from "./service.js";

const numbersIn = row => [...row.cells].map(cell => Number(cell.textContent.replace("−", "-")));

/** The numbers that the page was served with. */
export const EXAMPLE = [...document.querySelectorAll("#maps figure:first-child tr")].map(numbersIn);

const served = { p: $("p").defaultValue, seed: $("seed").defaultValue, shape: shapeOf(EXAMPLE).join("x") };
const usual = Object.fromEntries(FIELDS.map(({ name, usual }) => [name, usual ?? served[name]]));

export const state = { ...usual };

/** The layer that is chosen, as the service describes it. */
export const variant = () => layers[state.variant];

/** Take the state from the address; what is wrong there. */
export function recall() {
  const { found, given, wrong } = readAddress(location.hash, usual, layers);
  Object.assign(state, found);
  if (!given.includes("numbers"))
    Object.assign(state, fitting(state, { variant: variant(), shape: shapeOf(EXAMPLE) }));
  return wrong;
}

let remembered = 0;

/** Make the state the address. */
export function remember() {
  const address = addressOf(state, usual);
  if (location.hash === address) return;
  const soon = performance.now() - remembered < 500; // a key held down is one step back, not many
  remembered = performance.now();
  history[soon ? "replaceState" : "pushState"](null, "", address);
}
