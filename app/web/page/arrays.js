/** Arrays, nested as JSON has them. */

import { range } from "./numbers.js";

export function shapeOf(nested) {
  return Array.isArray(nested) ? [nested.length, ...(nested.length ? shapeOf(nested[0]) : [])] : [];
}

/** The elements in C order. */
export const flat = nested => [nested].flat(Infinity);

export function nest(elements, shape) {
  if (!shape.length) return elements[0];
  const step = elements.length / shape[0];
  return range(0, shape[0]).map(k => nest(elements.slice(k * step, (k + 1) * step), shape.slice(1)));
}

/** The array of this shape whose axes are those of another in the other order. */
export function transposed(nested, shape, index = []) {
  if (index.length === shape.length) return index.reduceRight((part, k) => part[k], nested);
  return range(0, shape[index.length]).map(k => transposed(nested, shape, [...index, k]));
}

/** The index of the k-th element, an entry a dimension. */
export function indexOf(k, shape) {
  const index = [];
  for (const size of [...shape].reverse()) {
    index.unshift(k % size);
    k = Math.floor(k / size);
  }
  return index;
}
