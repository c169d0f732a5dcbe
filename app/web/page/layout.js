/** Where the cells of an array lie: its last two dimensions are a table, of which those before make many. */

import { SIDE } from "./fields.js";
import { product } from "./numbers.js";

const LARGEST_CELL = 64;
const SMALLEST_CELL = 6;
const HEIGHT = 448;

/** The layout of an array in a width; lengths are pixels, but for `gap`, which is in cells. */
export function layout(shape, width) {
  const [rows, columns] = [1, 1, ...shape].slice(-2);
  const before = shape.slice(0, -2);
  const tables = product(before);
  const across =
    before.length < 2 ? Math.min(tables, Math.max(1, Math.floor(SIDE / columns))) : product(before.slice(1));
  const gap = tables > 1 ? 0.5 : 0;
  const wide = across * (columns + gap) - gap;
  const high = Math.ceil(tables / across) * (rows + gap) - gap;
  const cell = Math.min(width / wide, LARGEST_CELL, Math.max(HEIGHT / high, SMALLEST_CELL));
  return { rows, columns, tables, across, gap, cell, width: wide * cell, height: high * cell };
}

/** The upper left corner of the k-th cell. */
export function cornerOf(k, { rows, columns, across, gap, cell }) {
  const table = Math.floor(k / (rows * columns));
  const within = k % (rows * columns);
  const x = (table % across) * (columns + gap) + (within % columns);
  const y = Math.floor(table / across) * (rows + gap) + Math.floor(within / columns);
  return [x * cell, y * cell];
}

/** The cell at a point, or null between tables and beside them. */
export function cellAt(x, y, { rows, columns, tables, across, gap, cell }) {
  const [i, row] = split(y / cell, rows + gap);
  const [j, column] = split(x / cell, columns + gap);
  const inside = i >= 0 && row < rows && j >= 0 && column < columns && j < across && i * across + j < tables;
  return inside ? (i * across + j) * rows * columns + row * columns + column : null;
}

/** In which table of this length a place is, and in which of its cells. */
function split(place, length) {
  const table = Math.floor(place / length);
  return [table, Math.floor(place - table * length)];
}
