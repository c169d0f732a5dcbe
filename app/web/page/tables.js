/** The maps as tables of numbers: a row for each of theirs, its index before it. */

import { indexOf } from "./arrays.js";
import { $, cell, element, heading, row, scrolled } from "./elements.js";
import { seen } from "./figure.js";
import { number, range } from "./numbers.js";

/** Fill the tables, if they are open. */
export function drawTables() {
  if (!$("shown").open || !seen) return;
  const mark = value => (value ? "kept" : "dropped");
  $("tables").replaceChildren(
    tableOf("input", seen.x, tint),
    seen.kept ? tableOf("mask", seen.noise, mark) : tableOf("noise", seen.noise, () => ""),
    tableOf("output", seen.y, (value, k) => (seen.kept && !seen.kept[k] ? "dropped" : tint(value))),
  );
}

/** The class of a colour: the sign, and how many tenths of the largest number. */
function tint(value) {
  return `${value < 0 ? "n" : "p"}${Math.round((Math.abs(value) / (seen.most || 1)) * 10)}`;
}

function tableOf(name, values, classOf) {
  const columns = seen.shape.at(-1);
  const line = start => {
    const index = indexOf(start, seen.shape).slice(0, -1).join(", ");
    const cells = range(start, start + columns).map(k => cell(number(values[k]), { className: classOf(values[k], k) }));
    return row(heading("row", index), ...cells);
  };
  const head = row(cell(""), ...range(0, columns).map(column => heading("col", column)));
  const lines = range(0, values.length / columns).map(k => line(k * columns));
  const table = element("table", {}, element("caption", {}, name), head, ...lines);
  return scrolled(`Numbers of the ${name}`, table);
}
