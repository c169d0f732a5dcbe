/** The controls: between their elements and the state, by the table of fields. */

import { fault, faultless, show } from "./announcements.js";
import { $, element, fieldOf } from "./elements.js";
import { FIELDS, SIDE, isShown, rowOf, takes } from "./fields.js";
import { refresh, seen, shape } from "./figure.js";
import { range } from "./numbers.js";
import { BrokenRule } from "./rules.js";
import { layers } from "./service.js";
import { remember, state, variant } from "./state.js";

const form = $("controls");
const made = FIELDS.filter(({ label }) => label);
form.append(...made.map(({ name, label, control }) => fieldOf(name, label, { name, ...control })));

const elementsOf = name => [...form.elements].filter(control => control.name === name);

/** The text of a row, of whose elements one was changed. */
function textOf({ name, parts }, changed) {
  const texts = elementsOf(name).map(({ value }) => value);
  if (parts) return texts.join(parts);
  return changed.type === "checkbox" && !changed.checked ? "" : changed.value;
}

/** Put a text into the elements of a row, but not where it comes from: someone may be in the middle of a number. */
function put({ name, parts }, text, source) {
  elementsOf(name).forEach((control, k) => {
    if (control === source) return;
    if (["radio", "checkbox"].includes(control.type)) control.checked = control.value === text;
    else control.value = parts ? (text.split(parts)[k] ?? "") : text;
  });
}

/** Make the controls those of the state. */
export function fill() {
  faultless(form);
  arrange();
  for (const row of FIELDS) put(row, state[row.name]);
}

/** Show what the layer is, and the controls that mean something for it and the numbers. */
export function arrange() {
  show("variant-about", variant().summary);
  show("variant-formula", variant().training);
  arrangeAxes();
  for (const row of FIELDS)
    for (const control of elementsOf(row.name)) {
      const place = control.closest(".field"); // the network's have none: they are always there
      if (place) place.hidden = !isShown(row, state, variant());
    }
}

/** What the dimensions are called, by how many there are. */
const AXES = {
  2: ["rows", "columns"],
  3: ["N", "C", "length"],
  4: ["N", "C", "height", "width"],
  5: ["N", "C", "depth", "height", "width"],
};

function axes() {
  const rank = shape().length;
  const names = AXES[rank] ?? range(0, rank).map(axis => `axis ${axis}`);
  const isLast = takes(variant(), "channels_last") && state.last;
  return isLast && names.includes("C") ? [...names.filter(name => name !== "C"), "C"] : names;
}

let arranged;

/** A size for each dimension, and the choice to share decisions along it. */
function arrangeAxes() {
  const names = axes();
  if (names.join() === arranged) return;
  arranged = names.join();
  const option = (name, axis) => element("option", { value: String(axis) }, `shared along ${name}`);
  $("share").replaceChildren($("share").options[0], ...names.map(option));
  $("axes").replaceChildren(...names.map(sizeOf));
  for (const name of ["share", "shape"]) put(rowOf(name), state[name]);
}

function sizeOf(name) {
  const size = { name: "shape", type: "number", min: "1", max: String(SIDE), step: "1" };
  return element("label", {}, name, element("input", { ...size, aria: { describedby: "shape-error" } }));
}

/** Take a text into the state, or tell at its field what is wrong with it. */
function change(row, text) {
  try {
    state[row.name] = row.read(text, layers);
  } catch (error) {
    const told = error instanceof BrokenRule ? `${row.called ?? row.name} ${error.message}` : error.message;
    return fault(row.name, told);
  }
  fault(row.name, "");
  if (row.network) return document.dispatchEvent(new CustomEvent("rewired", { detail: row.name }));
  follow(row);
  refresh();
}

function follow({ follows }) {
  if (!follows) return arrange();
  Object.assign(state, follows(state, { variant: variant(), shape: shape(), seen }));
  fill();
}

function input({ target }) {
  const row = rowOf(target.name);
  if (target.form !== form || !row) return;
  const text = textOf(row, target);
  if (!row.parts) put(row, text, target);
  change(row, text);
}

/** Another seed: short, to be told to others. */
function redraw() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  const text = String((high % 1000) * 1000 + (low % 1000));
  put(rowOf("seed"), text);
  change(rowOf("seed"), text);
  remember();
}

export function prepareControls() {
  document.addEventListener("input", input);
  document.addEventListener("change", ({ target }) => target.form === form && remember());
  $("redraw").addEventListener("click", redraw);
}
