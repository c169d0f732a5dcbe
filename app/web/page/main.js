/** The playground: a state, which is the address; a call made from it; the reply, drawn. */

import { say, show } from "./announcements.js";
import { drawCode, prepareCode } from "./code.js";
import { arrange, fill, prepareControls } from "./controls.js";
import { drawCursor, prepareCursor } from "./cursor.js";
import { $, element } from "./elements.js";
import { experimentSoon, redrawRuns } from "./experiments.js";
import { refresh, seen } from "./figure.js";
import { drawMaps, plan, prepareMaps } from "./maps.js";
import { answers, captions } from "./sentences.js";
import { layers, learn, limits, trouble } from "./service.js";
import { drawSpread } from "./spread.js";
import { recall, remember, state } from "./state.js";
import { prepareSteps } from "./steps.js";
import { drawTables } from "./tables.js";
import { tabs } from "./tabs.js";
import { drawNetworkSoon, prepareNetwork } from "./thinning.js";
import { prepareVerify } from "./verify.js";

/** Draw what was answered. */
function draw() {
  if (!plan) prepareCursor(prepareMaps());
  drawMaps();
  drawCursor();
  drawCaptions();
  drawSpread();
  drawTables();
  drawCode();
  if (state.numbers === "own") arrange(); // of one's own numbers the service has said the shape
  experimentSoon();
  drawNetworkSoon();
}

function drawCaptions() {
  const texts = captions(seen);
  for (const [id, text] of Object.entries(texts)) show(id, text);
  const numbers = answers(seen);
  for (const place of document.querySelectorAll("[data-live]")) place.textContent = numbers[place.dataset.live];
  say(`${texts.statistics} Input ${texts["input-under"]}, output ${texts["output-under"]}.`);
}

/** Draw again what has a width or colours. */
function redraw() {
  if (!seen || state.view !== "see") return;
  drawMaps();
  drawCursor();
  drawSpread();
  redrawRuns();
  drawNetworkSoon();
}

/** Turn to the view of a tab, and draw it: what is not seen has no width to be drawn for. */
const turnTo = tabs(document.querySelector(".views"), (tab, byHand) => {
  state.view = tab.getAttribute("aria-controls");
  for (const panel of document.querySelectorAll("main > [role=tabpanel]")) panel.hidden = panel.id !== state.view;
  redraw();
  if (byHand && limits) remember();
});

/** Take the state from the address, and show it. */
async function load() {
  const wrong = recall();
  fill();
  turnTo($(`tab-${state.view}`));
  await refresh();
  if (!wrong.length) return;
  show("notice", `The address is not understood in all: ${wrong.join(" ")}`);
  say($("notice").textContent);
}

async function start() {
  try {
    await learn();
  } catch (error) {
    return trouble(error, start);
  }
  for (const select of [$("variant"), $("v-variant")])
    select.replaceChildren(...Object.keys(layers).map(name => element("option", {}, name)));
  prepareControls();
  prepareVerify();
  prepareNetwork();
  prepareSteps();
  addEventListener("hashchange", load);
  load();
}

for (const form of document.forms) form.addEventListener("submit", event => event.preventDefault());
prepareCode();
document.addEventListener("answered", draw);
$("shown").addEventListener("toggle", drawTables);
addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
start();
