/** Experiments on what the figure shows: many runs, and the three scalings side by side. */

import { show } from "./announcements.js";
import { meanCall, runsCall } from "./calls.js";
import { $, cell, element, heading, row } from "./elements.js";
import { SCALINGS, takes } from "./fields.js";
import { refused, seen } from "./figure.js";
import { agreement, number } from "./numbers.js";
import { DISTRIBUTIONS } from "./philox.js";
import { drawRuns } from "./runs.js";
import { ask, limits } from "./service.js";

/** The most masks that a mean in the table is of. */
const MASKS = 1000;

let waiting;

/** Ask for all of them, once the figure has not changed for a moment. */
export function experimentSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(experiment, 250);
}

async function experiment() {
  const subject = seen;
  try {
    await Promise.all([runMany(subject), compare(subject)]);
  } catch (error) {
    if (subject === seen) refused(error);
  }
}

let runs = null;

async function runMany(subject) {
  const reply = await ask("/v1/dropout/simulate", runsCall(subject));
  if (subject !== seen) return;
  runs = reply;
  show("runs-input", `${whose(subject.state)} go through the layer again and again, each time with another mask.`);
  redrawRuns();
}

function whose({ numbers, from }) {
  if (numbers in DISTRIBUTIONS) return "The numbers above";
  return `Uniform numbers of the same shape, which the service makes up from seed ${from},`;
}

export function redrawRuns() {
  if (runs) drawRuns(runs);
}

async function compare(subject) {
  const most = Math.floor(limits.max_elements / subject.x.length) - 1;
  const samples = Math.max(1, Math.min(MASKS, limits.max_samples, most));
  const meanOf = (mode, scaling) => ask("/v1/dropout", meanCall(subject, { mode, scaling, samples }));
  const means = scaling => Promise.all([meanOf("train", scaling), meanOf("eval", scaling)]);
  const scalings = takes(subject.variant, "scaling") ? SCALINGS : [undefined];
  const replies = await Promise.all(scalings.map(means));
  if (subject !== seen) return;
  show("masks", samples.toLocaleString("en"));
  $("why").tBodies[0].replaceChildren(...scalings.map((scaling, k) => compared(scaling, ...replies[k])));
}

function compared(scaling, { statistics, replay }, evaluation) {
  const inEvaluation = evaluation.statistics.output.mean;
  const texts = [number(statistics.output.mean), number(inEvaluation), agreement(statistics, replay.p, inEvaluation)];
  const line = row(heading("row", scaling ?? "this layer's own"), ...texts.map(text => cell(text)));
  line.classList.toggle("chosen", scaling === undefined || scaling === seen.state.scaling);
  return line;
}
