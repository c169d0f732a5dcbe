/** What a network and its thinned networks come to, in words. */

import { mean, number, percent } from "./numbers.js";

const listed = units => (units.length ? `${units.length > 1 ? "units" : "unit"} ${units.join(", ")}` : "nothing");

/** Which units a step drops. */
export function dropping(kept) {
  const units = mask => mask.flatMap((keep, unit) => (keep ? [] : [unit + 1]));
  return kept.map((mask, k) => `layer ${k + 1} drops ${listed(units(mask))}`).join("; ");
}

/** What the diagram shows. */
export function stepped({ mode, step, kept, output, whole }) {
  if (mode === "eval")
    return `Evaluation: no layer drops anything. The whole network answers ${number(whole)}, at every step.`;
  return `Step ${step}: ${dropping(kept)}. This thinned network answers ${number(output)}, the whole one ${number(whole)}.`;
}

/** How the answers of the thinned networks so far lie. */
export function spreadOut(outputs) {
  const [low, high] = [Math.min(...outputs), Math.max(...outputs)];
  const many =
    outputs.length > 1 ? `The ${outputs.length} thinned networks so far answer` : "The first thinned network answers";
  return `${many} ${low === high ? number(low) : `${number(low)} to ${number(high)}`}.`;
}

/** The mean of the thinned networks beside the whole one. */
export function averaged({ units, isFew, activation, scaling, count, mean, average, whole }) {
  const some = `The mean of ${count} thinned networks is ${number(mean)}`;
  const all = isFew
    ? `; of all 2${raised(units)} = ${(2 ** units).toLocaleString("en")}, each counted as often as its masks come, ${number(average)}`
    : `; all 2${raised(units)} would be too many`;
  const reached = isFew ? average : mean;
  return `${some}${all}. The whole network answers ${number(whole)}: ${gap(whole - reached, { isFew, activation, scaling })}`;
}

const raised = exponent => [...String(exponent)].map(digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");

/** How far the whole network is from the mean, and why. */
function gap(apart, { isFew, activation, scaling }) {
  if (Math.abs(apart) < 1e-9) return activation === "linear" ? "the same, for its units are linear." : "the same here.";
  const far = `${number(Math.abs(apart))} apart`;
  if (scaling === "none") return `${far}, for nothing makes up for what is dropped.`;
  if (activation === "linear") return "the same but for chance, for its units are linear.";
  return `${far}${isFew ? "" : ", chance included"}: a unit that bends makes something else of a mean than of its parts.`;
}

/** How sure thinned networks are near the data and far from it. */
export const sure = (near, far) =>
  `Beside the points, at x = ${number(near.x)}, thinned networks scatter by ${number(near.deviation)} around ${number(near.mean)}; ` +
  `far from them, at x = ${number(far.x)}, by ${number(far.deviation)} around ${number(far.mean)}.`;

/** What one unit has over many masks. */
export function ofUnit({ name, values, whole, p, activation }) {
  const zeros = values.filter(value => value === 0).length / values.length;
  const [layer, unit] = name.split(".");
  const why = activation === "relu" ? ", or because its sum is not above 0" : "";
  return (
    `Unit ${unit} of layer ${layer} is 0 in ${percent(zeros)} of ${values.length} thinned networks, ` +
    `because it is dropped with p = ${number(p)}${why}. Its mean is ${number(mean(values))}, in the whole network it has ${number(whole)}.`
  );
}
