/** Arrays from the files of numpy.save. */

import { nest, transposed } from "./arrays.js";
import { product, range } from "./numbers.js";
import { Refusal } from "./rules.js";

export const isNpy = buffer => new TextDecoder("latin1").decode(buffer.slice(1, 6)) === "NUMPY";

/** The array in a file. */
export function fromNpy(buffer) {
  const view = new DataView(buffer);
  const [start, length] = headerOf(view);
  const { order, type, fortran, shape } = described(new TextDecoder().decode(new Uint8Array(buffer, start, length)));
  const read = k => ELEMENTS[type](view, start + length + k * Number(type[1]), order !== ">");
  const elements = range(0, product(shape)).map(read);
  return fortran ? transposed(nest(elements, [...shape].reverse()), shape) : nest(elements, shape);
}

/** Where the header begins, and its length: version 1 has two bytes for that, those after it four. */
function headerOf(view) {
  return view.getUint8(6) > 1 ? [12, view.getUint32(8, true)] : [10, view.getUint16(8, true)];
}

function described(header) {
  const [, order, type] = /'descr':\s*'([<>|=])(\w+)'/.exec(header) ?? [];
  if (!ELEMENTS[type])
    throw new Refusal("The file's type is none of float16, float32, float64, int32, int64, uint8, bool.");
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1].match(/\d+/g) ?? [];
  return { order, type, fortran: /'fortran_order':\s*True/.test(header), shape: sizes.map(Number) };
}

const ELEMENTS = {
  f2: (view, at, little) => half(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  b1: (view, at) => view.getUint8(at),
};

/** The number that 16 bits are: DataView's own getFloat16 is too young. */
function half(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : fraction * 2 ** -24);
}
