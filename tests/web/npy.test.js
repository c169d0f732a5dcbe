/** Files of numpy.save, byte by byte. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromNpy, isNpy } from "../../app/web/page/npy.js";

/** A file of numpy's: its magic, version, the header's length and the header, padded, and the bytes of the elements. */
function file(bytes, { descr, shape = `(${bytes.length},)`, fortran = "False", version = 1 }) {
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`.padEnd(117) + "\n";
  const length = version > 1 ? [header.length, 0, 0, 0] : [header.length, 0];
  const parts = [[0x93], Buffer.from("NUMPY"), [version, 0], length, Buffer.from(header), bytes];
  return Uint8Array.from(parts.flatMap(part => [...part])).buffer;
}

const hex = text => Buffer.from(text.replaceAll(" ", ""), "hex");

const TYPES = [
  { descr: "<f2", bytes: "003c 00c1 0100 007c 00fc 0080", values: [1, -2.5, 2 ** -24, Infinity, -Infinity, -0] },
  { descr: ">f2", bytes: "3c00 c100 7bff", values: [1, -2.5, 65504] },
  { descr: "<f4", bytes: "0000803f cdcccc3d", values: [1, Math.fround(0.1)] },
  { descr: ">f4", bytes: "3f800000", values: [1] },
  { descr: "<f8", bytes: "000000000000f03f 9a9999999999b93f", values: [1, 0.1] },
  { descr: ">f8", bytes: "3ff0000000000000", values: [1] },
  { descr: "<i4", bytes: "feffffff 07000000", values: [-2, 7] },
  { descr: "<i8", bytes: "feffffffffffffff 0000000000000040", values: [-2, 2 ** 62] },
  { descr: "|u1", bytes: "00ff", values: [0, 255] },
  { descr: "|b1", bytes: "0001", values: [0, 1] },
];

for (const { descr, bytes, values } of TYPES)
  test(`elements of type ${descr} are read`, () => {
    assert.deepEqual(fromNpy(file(hex(bytes), { descr, shape: `(${values.length},)` })), values);
  });

test("a half that is no number is none", () => {
  assert.deepEqual(fromNpy(file(hex("017e"), { descr: "<f2", shape: "(1,)" })), [NaN]);
});

for (const version of [1, 2, 3])
  test(`a file of version ${version} is read`, () => {
    const array = file([1, 2, 3, 4, 5, 6], { descr: "|u1", shape: "(2, 3)", version });
    assert.ok(isNpy(array));
    assert.deepEqual(fromNpy(array), [[1, 2, 3], [4, 5, 6]]); // prettier-ignore
  });

test("Fortran's order is put into C's", () => {
  const descr = "|u1";
  assert.deepEqual(fromNpy(file([1, 4, 2, 5, 3, 6], { descr, shape: "(2, 3)", fortran: "True" })), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const [[[first, second]]] = fromNpy(file([1, 2, 3, 4, 5, 6, 7, 8], { descr, shape: "(2, 2, 2)", fortran: "True" }));
  assert.deepEqual([first, second], [1, 5]);
});

test("an element alone is of no dimension", () => {
  assert.equal(fromNpy(file([7], { descr: "|u1", shape: "()" })), 7);
});

for (const descr of ["<c8", "<V2", "<U3"])
  test(`a file of type ${descr} is refused`, () => {
    assert.throws(() => fromNpy(file(hex("00"), { descr })), { message: /^The file's type is none of float16, / });
  });

test("what does not begin as numpy's files do is none of them", () => {
  for (const text of ["", "1, 2", "PK\u0003\u0004NUMPY"]) assert.ok(!isNpy(new TextEncoder().encode(text).buffer));
});
