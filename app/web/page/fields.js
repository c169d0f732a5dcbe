/** The controls, one a row: all that is known of each, but for the markup of those without a label. */

import { flat, shapeOf } from "./arrays.js";
import { NETWORKS } from "./ensemble.js";
import { ACTIVATIONS } from "./network.js";
import { largest, product, range } from "./numbers.js";
import { DISTRIBUTIONS } from "./philox.js";
import { among, integer, matching, probability, real, sizes, word } from "./rules.js";
import { compact, parse } from "./text.js";

/** What the page takes: numbers in all, and along a dimension. */
export const CELLS = 4096;
export const SIDE = 32;

export const SCALINGS = ["inverted", "inference", "none"];

/** A number where JavaScript holds it, else its digits. */
const exact = text => (BigInt(text) <= Number.MAX_SAFE_INTEGER ? Number(text) : text);
const entries = text => (text.trim() ? JSON.parse(`[${text.replaceAll(/[[\]]/g, "")}]`) : undefined);
const unless = usual => text => (text === usual ? undefined : text);
const typed = { spellcheck: false, autocomplete: "off" };
const isMadeUp = ({ numbers }) => numbers in DISTRIBUTIONS;
const isOwn = ({ numbers }) => numbers === "own";

/**
 * name        in the address, and of its elements in the page
 * read        what the state has for a text; it throws what is wrong with the text, and may look at the layers
 * usual       its text untouched; where there is none, the example that the page came with has one
 * always      it stands in the address also when it is the usual one
 * field       the field of the call that it becomes
 * value       what that field has; nothing leaves it out
 * text        the text for such a value, where a layer brings the one of its example
 * own         only layers with this field among their parameters take it
 * experiment  only experiments take it
 * pointers    the fields whose errors are told here, where they are others than its own
 * shown       whether the state has a use for it
 * follows     what else of the state changes when it does
 * parts       it is written in several elements, with this between their texts
 * called      what an error calls it, where that is not its name
 * network     only the network takes it
 * label       of an element that is made, at the end of the form
 * control     what that has: its tag if it is no input, options, properties
 * claim       what is otherwise where it is claimed of a layer
 */
export const FIELDS = [
  { name: "p", read: probability, always: true, field: "p", value: Number },
  { name: "seed", read: word, always: true, field: "seed", value: exact },
  {
    name: "variant",
    read: (text, layers) => among(...Object.keys(layers))(text),
    usual: "dropout",
    always: true,
    field: "variant",
    value: unless("dropout"),
    follows: (state, about) => ({ ...exampled(state, about), ...fitting(state, about) }),
  },
  {
    name: "mode",
    read: among("train", "eval"),
    usual: "train",
    field: "training",
    value: text => (text === "eval" ? false : undefined),
  },
  {
    name: "scaling",
    read: among(...SCALINGS),
    usual: "inverted",
    field: "scaling",
    value: unless("inverted"),
    own: true,
  },
  {
    name: "numbers",
    read: among("article", ...Object.keys(DISTRIBUTIONS), "own"),
    usual: "article",
    always: true,
    pointers: ["input", "shape"],
    follows: begun,
  },
  { name: "shape", read: sizes(SIDE, CELLS), shown: isMadeUp, parts: "x", called: "the sizes" },
  {
    name: "from",
    read: word,
    usual: "42",
    field: "input_seed",
    value: exact,
    experiment: true,
    shown: isMadeUp,
    called: "the seed",
    label: "Seed of the numbers",
    control: { inputMode: "numeric", ...typed },
  },
  {
    name: "data",
    read: text => compact(parse(text, CELLS)),
    usual: "",
    pointers: ["input", "shape"],
    shown: isOwn,
    label: "Your numbers, CSV or JSON",
    control: { tag: "textarea", rows: 5, ...typed },
  },
  {
    name: "share",
    read: matching(/^[0-4]?$/, "a dimension"),
    usual: "",
    field: "noise_shape",
    value: (text, rank) => (text ? range(0, rank).map(axis => (axis === Number(text) ? 1 : null)) : undefined),
    own: true,
    label: "Decisions",
    control: { tag: "select", options: [["", "one for each number"]] },
    claim: { read: entries, control: { placeholder: "null, 1", ...typed } },
  },
  {
    name: "last",
    read: among("", "1"),
    usual: "",
    field: "channels_last",
    value: text => text === "1" || undefined,
    own: true,
    label: "channels are the last dimension",
    control: { type: "checkbox", value: "1" },
    claim: {
      read: text => text === "true" || undefined,
      usual: false,
      control: { tag: "select", options: [["false"], ["true"]] },
    },
  },
  {
    name: "block",
    read: integer(1, SIDE),
    usual: "2",
    field: "block_size",
    value: Number,
    text: String,
    own: true,
    called: "the side",
    label: "Side of a block",
    control: { type: "number", min: "1", step: "1" },
  },
  { name: "runs", read: integer(2, 2000), usual: "200", field: "runs", value: Number, experiment: true },
  { name: "x", read: real(-4, 4), usual: "1", network: true },
  { name: "step", read: integer(0, NETWORKS - 1), usual: "24", network: true },
  { name: "depth", read: integer(2, 6), usual: "3", network: true, called: "the layers" },
  { name: "width", read: integer(2, 8), usual: "6", network: true, called: "the units" },
  { name: "activation", read: among(...Object.keys(ACTIVATIONS)), usual: "relu", network: true },
  { name: "weights", read: word, usual: "5", network: true, called: "the seed" },
  { name: "unit", read: matching(/^[1-5]\.[1-8]$/, "a layer and a unit, as in 1.1"), usual: "2.5", network: true },
  { name: "view", read: among("see", "verify"), usual: "see" },
];

export const rowOf = name => FIELDS.find(row => row.name === name);

export const takes = (variant, parameter) => variant.parameters.includes(parameter);

/** Whether a layer has this field. */
const applies = ({ own, field }, variant) => !own || takes(variant, field);

export const isShown = (row, state, variant) => applies(row, variant) && (row.shown?.(state) ?? true);

/** A state as the page's address, after its #. */
export function addressOf(state, usual) {
  const told = FIELDS.filter(({ name, always }) => always || state[name] !== usual[name]);
  return `#${new URLSearchParams(told.map(({ name }) => [name, state[name]]))}`;
}

/** The state in an address, the names that are given there, and what is wrong. What is unknown is ignored. */
export function readAddress(hash, usual, layers) {
  const texts = new URLSearchParams(hash.slice(1));
  const found = { ...usual };
  const wrong = [];
  for (const [name, text] of texts) {
    const row = rowOf(name);
    try {
      if (row && text !== usual[name]) found[name] = row.read(text, layers);
    } catch (error) {
      wrong.push(`${name} ${error.message} Shown is ${usual[name] || "none"}.`);
    }
  }
  return { found, given: [...texts.keys()], wrong };
}

/** The fields that say which layer; those that are as the service has them anyway are left out. */
export function fieldsOf(state, variant, rank, { experiment = false } = {}) {
  const rows = FIELDS.filter(row => row.field && applies(row, variant) && (experiment || !row.experiment));
  const entries = rows.map(({ name, field, value }) => [field, value(state[name], rank)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Where an error is told: of those that are shown the last, for one's own numbers stand after their choice. */
export function placeOf(part, state, variant) {
  const row = FIELDS.findLast(row => (row.pointers ?? [row.field]).includes(part) && isShown(row, state, variant));
  return row?.name;
}

/** A layer of another rank brings numbers that fit it, like those of its example. */
export function fitting(state, { variant, shape }) {
  const { input, shape: wanted = shapeOf(input) } = variant.example;
  if (isOwn(state) || wanted.length === shape.length) return {};
  return { numbers: standIn(wanted, input), shape: wanted.join("x"), share: "" };
}

/** A layer brings the parameters of its example. */
function exampled(state, { variant: { example } }) {
  const rows = FIELDS.filter(({ field, text }) => text && field in example);
  return Object.fromEntries(rows.map(({ name, field, text }) => [name, text(example[field])]));
}

function standIn(shape, input) {
  if (shape.length === 2) return "article";
  return flat(input).some(value => value < 0) ? "normal" : "uniform";
}

/** Other numbers begin as those that were seen. */
function begun(state, { seen }) {
  const shape = [1, 1, ...(seen?.shape ?? [])].slice(-Math.max(2, seen?.shape.length ?? 0));
  const fits = isMadeUp(state) && product(shape) <= CELLS && largest(shape) <= SIDE;
  const data = isOwn(state) && !state.data && seen ? compact(seen.sent.input) : state.data;
  return { shape: fits ? shape.join("x") : state.shape, data, share: "" };
}
