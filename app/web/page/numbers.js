/** Numbers: what many have in common, and how people read them. */

export const range = (from, to) => Array.from({ length: to - from }, (_, k) => from + k);
export const product = sizes => sizes.reduce((all, size) => all * size, 1);
export const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
export const largest = values => Math.max(...values.map(Math.abs));

/** A number as people read it: four decimals, or a power of ten where these would show nothing. */
export function number(value) {
  const odd = value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e7);
  const text = String(odd ? +value.toPrecision(3) : +value.toFixed(4));
  return (text === "-0" ? "0" : text).replaceAll("-", "−");
}

export const percent = share => `${number(+(share * 100).toFixed(1))} %`;
export const extent = values => `from ${number(Math.min(...values))} to ${number(Math.max(...values))}`;

const BINS = 16;

/** Shares of the values in bins of one width from low to high; the whole may count more than these. */
export function histogram(values, low, high, whole = values.length) {
  const bins = new Array(BINS).fill(0);
  for (const value of values)
    bins[Math.min(BINS - 1, Math.floor(((value - low) / (high - low || 1)) * BINS))] += 1 / whole;
  return bins;
}

/** Half the width of a band in which 95 of 100 lie. */
export const margin = standardError => 1.96 * standardError;

/** Means of the first 1, 2, … values, and how far 95 of 100 such means are from the true one. */
export function running(values) {
  let sum = 0;
  let squares = 0;
  return values.map((value, k) => {
    sum += value;
    squares += value * value;
    const variance = Math.max(0, (squares - (sum * sum) / (k + 1)) / Math.max(1, k));
    return { mean: sum / (k + 1), margin: margin(Math.sqrt(variance / (k + 1))) };
  });
}

/** Whether two means agree, in words: up to chance, and only where a missing scale would have shown. */
export function agreement({ input, output, decisions }, p, inEvaluation) {
  const apart = Math.abs(output.mean - inEvaluation);
  const chance = (4 * output.std) / Math.sqrt(decisions || output.size);
  if (apart <= 1e-12 * Math.abs(inEvaluation)) return "yes";
  if (apart <= chance) return chance < p * Math.abs(input.mean) ? "yes, up to chance" : "too near 0 to tell";
  if (Math.abs(output.mean) <= chance)
    return `no: evaluation is ${number(inEvaluation)} instead of ${number(output.mean)}`;
  return `no: evaluation is ${number(+(inEvaluation / output.mean).toFixed(2))} times as large`;
}
