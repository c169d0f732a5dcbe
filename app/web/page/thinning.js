/** The network: one that has learnt with dropout, a thinned one at each step, and what they come to. */

import { show } from "./announcements.js";
import { compareScalings, drawAverages, markStep } from "./averages.js";
import { drawDiagram, showPass } from "./diagram.js";
import { drawDistribution } from "./distribution.js";
import { $, element, enter } from "./elements.js";
import { NETWORKS, ensemble, spread, wiringOf } from "./ensemble.js";
import { STEPS } from "./network.js";
import { mean, range } from "./numbers.js";
import { averaged, ofUnit, spreadOut, stepped, sure } from "./remarks.js";
import { state } from "./state.js";
import { FAR, NEAR, drawUncertainty } from "./uncertainty.js";

let network = null;
let trainedFor;

/** The network that the state asks for; it learns anew only if that is another. */
function wired() {
  const wiring = wiringOf(state);
  const asked = JSON.stringify(wiring);
  if (asked !== trainedFor) network = ensemble(wiring);
  trainedFor = asked;
  return network;
}

let passes = [];
let whole = null;
let average = null;

/** Draw all of it: another network, or another input. What is not seen has no width to be drawn for. */
function drawNetwork() {
  if (state.view !== "see") return;
  const { drawn, thinned } = wired();
  const x = Number(state.x);
  passes = drawn.map(kept => thinned(x, kept));
  whole = network.whole(x);
  average = network.isFew ? network.average(x) : null;
  arrangeUnits();
  drawDiagram($("diagram"), network);
  drawMeans();
  drawStep();
  drawUnit();
  drawCertainty(x);
  show("of-thinned", network.isFew ? "mean of all thinned" : `mean of ${NETWORKS} thinned`);
  compareScalings($("scalings").tBodies[0], network, x);
}

const outputs = () => passes.map(({ output }) => output);

/** Draw what changes from step to step. */
function drawStep() {
  const step = Number(state.step);
  const inEvaluation = state.mode === "eval";
  const { values, output } = inEvaluation ? whole : passes[step];
  const kept = inEvaluation ? undefined : network.drawn[step];
  const text = stepped({ mode: state.mode, step, kept, output, whole: whole.output });
  drawOutputs(outputs().slice(0, step + 1)); // first, for it asks for a width, which is known until something changes
  showPass({ values: [...values, [output]], kept, chosen: unit(), label: text });
  show("stepped", text);
  show("mask-call", maskCall(step));
  markStep(step);
}

/** The call that has the mask of the first layer at a step. */
const maskCall = step =>
  `POST /v1/dropout/mask {"shape": [${network.sizes[1]}], "p": ${network.p}, "seed": ${network.seed}, "stream": 1, "sample": ${step}}`;

function drawOutputs(soFar) {
  const text = spreadOut(soFar);
  const ends = [Math.min(...outputs(), whole.output), Math.max(...outputs(), whole.output)];
  const note = `${soFar.length} of ${NETWORKS} thinned networks · dashes: whole`;
  drawDistribution($("outputs"), { label: text, values: soFar, ends, aim: whole.output, note });
  show("spread-out", text);
}

function drawMeans() {
  const all = outputs();
  const text = averaged({ ...network, count: all.length, mean: mean(all), average, whole: whole.output });
  drawAverages($("averages"), { outputs: all, whole: whole.output, average, label: text });
  show("averaged", text);
}

function drawCertainty(x) {
  const text = sure(spread(network, NEAR), spread(network, FAR));
  drawUncertainty($("uncertainty"), { network, x, label: text });
  show("sure", text);
}

/** The unit that is looked at: the one that is asked for, where the network has it. */
function unit() {
  const [layer, place] = state.unit.split(".").map(Number);
  return `${Math.min(layer, network.sizes.length - 2)}.${Math.min(place, network.sizes[1])}`;
}

function drawUnit() {
  const [layer, place] = unit().split(".").map(Number);
  const values = passes.map(passed => passed.values[layer][place - 1]);
  const aim = whole.values[layer][place - 1];
  const text = ofUnit({ ...network, name: unit(), values, whole: aim });
  const ends = [Math.min(0, aim, ...values), Math.max(0, aim, ...values)];
  drawDistribution($("unit-chart"), { label: text, values, ends, aim, note: "dashes: whole network", zeros: true });
  show("of-unit", text);
}

/** A choice for each unit that can be dropped. */
function arrangeUnits() {
  const { sizes } = network;
  const names = range(1, sizes.length - 1).flatMap(layer =>
    range(1, sizes[layer] + 1).map(place => `${layer}.${place}`),
  );
  if ($("unit").options.length !== names.length || $("unit").options[names.length - 1].value !== names.at(-1))
    $("unit").replaceChildren(...names.map(name => element("option", { value: name }, called(name))));
  $("unit").value = unit();
}

const called = name => `unit ${name.split(".")[1]} of layer ${name.split(".")[0]}`;

let waiting;

/** Draw all of it once nothing has changed for a moment; it may have to learn first, which no slider should wait for. */
export function drawNetworkSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(drawNetwork, 300);
}

/** A step or another unit is drawn at once; what changes more waits a moment. */
function rewired({ detail }) {
  if (!network || !["step", "unit"].includes(detail)) return drawNetworkSoon();
  if (detail === "unit") drawUnit();
  drawStep();
}

/** A unit that is pointed at is looked at. */
function point({ target }) {
  const name = target.closest("[data-unit]")?.dataset.unit;
  if ([...$("unit").options].some(({ value }) => value === name)) enter($("unit"), name);
}

export function prepareNetwork() {
  show("learnt", STEPS.toLocaleString("en"));
  document.addEventListener("rewired", rewired);
  $("diagram").addEventListener("click", point);
}
