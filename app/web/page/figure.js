/** The figure: the call that is shown, and its reply. */

import { faultless, show } from "./announcements.js";
import { shapeOf } from "./arrays.js";
import { exchange, figureCall } from "./calls.js";
import { $ } from "./elements.js";
import { placeOf } from "./fields.js";
import { ask, back, trouble } from "./service.js";
import { EXAMPLE, state, variant } from "./state.js";

/** What was asked last, and answered; nothing before that. */
export let seen = null;

/** The shape of the numbers that are chosen. */
export function shape() {
  if (state.numbers === "article") return shapeOf(EXAMPLE);
  if (state.numbers === "own") return seen?.shape ?? [1, 1];
  return state.shape.split("x").map(Number);
}

let busy = false;
let stale = false;

/** Ask for what the state says. While a call is under way the next waits; only the last counts. */
export async function refresh() {
  stale = true;
  if (busy) return;
  busy = true;
  try {
    while (stale) {
      stale = false;
      await once();
    }
  } finally {
    busy = false;
  }
}

/** One call; whoever draws it hears that it was answered. */
async function once() {
  try {
    const asked = { state: { ...state }, variant: variant() }; // as they are now: both may change while it waits
    const sent = figureCall(asked, EXAMPLE);
    seen = exchange(asked, sent, await ask("/v1/dropout", sent));
  } catch (error) {
    return refused(error);
  }
  back();
  faultless($("controls"));
  show("notice", "");
  document.dispatchEvent(new Event("answered"));
}

/** Tell what is wrong with what the controls ask for. */
export const refused = error => trouble(error, refresh, part => placeOf(part, state, variant()));
