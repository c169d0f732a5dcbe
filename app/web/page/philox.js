/** The words of the mask law: Philox4x64-10, and what the law makes of its words, here and in numpy. */

import { range } from "./numbers.js";

/** The law tells its streams of words apart by these, the counter's last word. */
export const TAGS = { lanes: "DRMASKV2", rests: "DRRESTV2", normals: "DRNORMV1", inputs: "DRINPTV1" };

const WORD = (1n << 64n) - 1n;
const MULTIPLY = [0xd2e7470ee14c6c93n, 0xca5a826395121157n];
const WEYL = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn];

/** A block of four words. */
export function philox([a, b, c, d], [k, l]) {
  for (let round = 0; round < 10; round++) {
    const x = MULTIPLY[0] * a;
    const y = MULTIPLY[1] * c;
    [a, b, c, d] = [(y >> 64n) ^ b ^ k, y & WORD, (x >> 64n) ^ d ^ l, x & WORD];
    k = (k + WEYL[0]) & WORD;
    l = (l + WEYL[1]) & WORD;
  }
  return [a, b, c, d];
}

/** A tag as the number that it is in memory, its first letter lowest. */
const numeral = tag => [...tag].reduceRight((all, letter) => (all << 8n) | BigInt(letter.charCodeAt(0)), 0n);

/** The first words of a tag, at a place of the law: a seed, and where they are not 0, a stream and a sample. */
export function words(tag, { seed, stream = 0, sample = 0 }, count) {
  const key = [BigInt(seed), BigInt(stream)];
  const block = k => philox([BigInt(k), BigInt(sample), 0n, numeral(tag)], key);
  const blocks = range(0, Math.ceil(count / 4)).map(block);
  return blocks.flat().slice(0, count);
}

/** Whether each of the first decisions at a place keeps: 16 bits decide, or 48 more where these leave a tie. */
export function decisions(p, place, count) {
  const threshold = BigInt(Math.floor(p * 2 ** 64));
  const [upper, lower] = [threshold >> 48n, threshold % 2n ** 48n];
  const lanes = words(TAGS.lanes, place, Math.ceil(count / 4));
  return range(0, count).map(i => {
    const lane = (lanes[Math.floor(i / 4)] >> BigInt(16 * (i % 4))) & 0xffffn;
    return lane === upper ? words(TAGS.rests, place, i + 1)[i] >> 16n >= lower : lane > upper;
  });
}

/** The lines of numpy that draw words. */
export const numpyWords = law => `def words(tag, k, n):  # ${law}: key (seed, 0), counter (k // 4, 0, 0, tag)
    counter = k // 4 | int.from_bytes(tag, "little") << 192
    return np.random.Philox(key=seed, counter=counter - 1).random_raw(k % 4 + n)[k % 4:]`;

/** Those that draw a mask, flat. */
export const numpyMask = (law, size, p) => `${numpyWords(law)}

T = int(${p} * 2**64)
lanes = words(b"${TAGS.lanes}", 0, ${Math.ceil(size / 4)}).view("<u2")[:${size}]
mask = lanes > T >> 48
for i in np.flatnonzero(lanes == T >> 48).tolist():  # a tie, once in 65,536
    mask[i] = int(words(b"${TAGS.rests}", i, 1)[0]) >> 16 >= T % 2**48`;

/** The upper 53 bits of a word as a fraction: in [0, 1), or with 1 added in (0, 1]. */
const fraction = (word, add = 0) => (Number(word >> 11n) + add) * 2 ** -53;

/** Numbers in [0, 1) at a place. */
export const uniform = (place, count) => words(TAGS.inputs, place, count).map(word => fraction(word));

function normal(place, count) {
  const drawn = words(TAGS.inputs, place, count + (count % 2));
  return range(0, count).map(k => {
    const first = k - (k % 2); // of the pair that gives two
    const radius = Math.sqrt(-2 * Math.log(fraction(drawn[first], 1)));
    const angle = 2 * Math.PI * fraction(drawn[first + 1]);
    return radius * (k % 2 ? Math.sin(angle) : Math.cos(angle));
  });
}

/** The distributions of made-up inputs, drawn as the service draws them: its experiments are on the same numbers. */
export const DISTRIBUTIONS = { uniform, normal };

let key;
let values;

/** Numbers of a distribution. The last are kept, for whatever else changes asks for them again. */
export function draw(distribution, seed, count) {
  const asked = `${distribution} ${seed} ${count}`;
  if (key !== asked) values = DISTRIBUTIONS[distribution]({ seed }, count);
  key = asked;
  return values;
}
