/** Steps from one thinned network to the next: one by hand, or slowly by themselves. */

import { say } from "./announcements.js";
import { $, enter } from "./elements.js";
import { NETWORKS } from "./ensemble.js";
import { remember, state } from "./state.js";

/** A step, in milliseconds: less than three in a second. */
const PACE = 400;
const still = matchMedia("(prefers-reduced-motion: reduce)");
let clock = null;

const stepOn = () => enter($("step"), String((Number(state.step) + 1) % NETWORKS));

function stepByHand() {
  stop();
  stepOn();
  remember();
  say($("stepped").textContent);
}

/** Step on until there is nobody to see it. */
function play() {
  if (clock) return stop();
  clock = setInterval(() => ($("diagram").checkVisibility() ? stepOn() : stop()), PACE);
  $("play").textContent = "Pause";
}

function stop() {
  if (!clock) return;
  clearInterval(clock);
  clock = null;
  $("play").textContent = "Play";
  remember();
}

/** Who wants no motion is not offered any. */
function calm() {
  $("play").hidden = still.matches;
  if (still.matches) stop();
}

export function prepareSteps() {
  $("step-on").addEventListener("click", stepByHand);
  $("play").addEventListener("click", play);
  still.addEventListener("change", calm);
  calm();
}
