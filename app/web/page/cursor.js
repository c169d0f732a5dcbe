/** The cell that is looked at, with the pointer or by keys, and its arithmetic. */

import { say } from "./announcements.js";
import { $, element } from "./elements.js";
import { seen } from "./figure.js";
import { cellAt, cornerOf } from "./layout.js";
import { plan } from "./maps.js";
import { arithmetic } from "./sentences.js";

let at = null;

function look(k) {
  if (k === at) return;
  at = k;
  drawCursor();
}

/** Show the steps of the cell, or of the first that is kept and the first that is dropped. */
export function drawCursor() {
  if (at !== null && at >= seen.x.length) at = null;
  const cells = at !== null ? [at] : seen.kept ? [true, false].map(keep => seen.kept.indexOf(keep)) : [0];
  const lines = cells.filter(k => k >= 0).map(k => element("p", {}, arithmetic(seen, k)));
  $("arithmetic").replaceChildren(...lines);
  document.querySelectorAll(".cursor").forEach(mark);
}

function mark(cursor) {
  cursor.hidden = at === null;
  if (at === null) return;
  const [x, y] = cornerOf(at, plan);
  const side = `${plan.cell}px`;
  Object.assign(cursor.style, { left: `${x}px`, top: `${y}px`, width: side, height: side });
}

const STEPS = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: () => -plan.columns,
  ArrowDown: () => plan.columns,
  PageUp: () => -plan.rows * plan.columns,
  PageDown: () => plan.rows * plan.columns,
  Home: () => -Infinity,
  End: () => Infinity,
};

function walk(event) {
  if (event.key === "Escape") return look(null);
  if (!STEPS[event.key]) return;
  event.preventDefault();
  look(at === null ? 0 : stepped(STEPS[event.key]()));
  say(arithmetic(seen, at));
}

/** The cell that many further; beyond either end there is none but the end itself. */
function stepped(step) {
  const last = seen.x.length - 1;
  if (!Number.isFinite(step)) return step < 0 ? 0 : last;
  const next = at + step;
  return next < 0 || next > last ? at : next;
}

/** Follow the pointer on the canvases and the keys on the maps. */
export function prepareCursor(canvases) {
  for (const canvas of canvases) {
    const point = event => look(cellAt(event.offsetX, event.offsetY, plan));
    canvas.addEventListener("pointermove", point);
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("pointerleave", event => event.pointerType === "touch" || look(null));
  }
  const maps = $("maps");
  maps.tabIndex = 0;
  maps.setAttribute("role", "application");
  maps.setAttribute("aria-label", "Cells of input, mask and output");
  maps.setAttribute("aria-describedby", "maps-hint");
  maps.addEventListener("keydown", walk);
  maps.addEventListener("focus", () => maps.matches(":focus-visible") && look(at ?? 0));
  maps.addEventListener("blur", () => look(null));
}
