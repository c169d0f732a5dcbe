/** Arrays as text: read as CSV or JSON, written as JSON or Python. */

import { flat } from "./arrays.js";
import { Refusal } from "./rules.js";

/** The array in a text. Whether its elements are numbers, and its rows of one length, the service says. */
export function parse(text, most) {
  const trimmed = text.trim();
  const array = trimmed.startsWith("[") ? fromJson(trimmed) : fromCsv(trimmed);
  const count = flat(array).length;
  if (!count) throw new Refusal("There are no numbers yet.");
  if (count > most) throw new Refusal(`These are ${count} numbers, and the page takes ${most}: send more with curl.`);
  return array;
}

function fromJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(`This is not JSON: ${error.message}`);
  }
}

function fromCsv(text) {
  const lines = text.split(/\r?\n/).map((line, k) => ({ line: line.trim(), at: k + 1 }));
  const rows = lines.filter(({ line }) => line);
  const read = rows.map(({ line, at }) => line.split(/\s*[,;\t]\s*|\s+/).map((cell, k) => fromCell(cell, at, k + 1)));
  const odd = read.findIndex(row => row.length !== read[0].length);
  if (odd > 0)
    throw new Refusal(`Line ${rows[odd].at} has ${read[odd].length} numbers, the first has ${read[0].length}.`);
  return read;
}

function fromCell(text, line, column) {
  if (text === "" || !Number.isFinite(Number(text)))
    throw new Refusal(`Line ${line}, column ${column}: “${text.slice(0, 20)}” is no number.`);
  return Number(text);
}

const JSON_WORDS = { true: "true", false: "false", null: "null" };
export const PYTHON_WORDS = { true: "True", false: "False", null: "None" };

/** A value as source text: a row of numbers on a line, the lines after the first at a column. */
export function written(value, words = JSON_WORDS, column = 0) {
  if (Array.isArray(value)) {
    const items = value.map(item => written(item, words, column + 1));
    return `[${items.join(value.some(Array.isArray) ? lineBreak(column) : ", ")}]`;
  }
  if (value !== null && typeof value === "object") {
    const entry = ([key, item]) => `"${key}": ${written(item, words, column + key.length + 5)}`;
    return `{${Object.entries(value).map(entry).join(lineBreak(column))}}`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0.0" : (words[value] ?? String(value)); // JSON's own writer forgets the sign
}

const lineBreak = column => `,\n${" ".repeat(column + 1)}`;

/** A value as JSON without a blank. */
export const compact = value => written(value).replaceAll(/\s+/g, "");
