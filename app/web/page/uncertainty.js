/** How sure a network is: the answers of thinned networks along all inputs, beside the points it has learnt. */

import { caption, chart, scaled, through } from "./charts.js";
import { svg } from "./elements.js";
import { spread } from "./ensemble.js";
import { POINTS } from "./network.js";
import { number, range } from "./numbers.js";

const [FROM, TO] = [-4, 4];
const PLACES = range(0, 49).map(k => FROM + k / 6);

/** Places whose scatter is told: beside the points, and far from them. */
export const [NEAR, FAR] = [0.8, 3.5];

export function drawUncertainty(box, { network, x, label }) {
  const { picture, left, right, top, bottom } = chart(box, label, 260);
  const spreads = PLACES.map(place => spread(network, place));
  const across = scaled([FROM, TO], [left + 6, right - 4]);
  const wholes = PLACES.map(place => network.whole(place).output);
  const ends = extremes(spreads, wholes);
  const up = scaled(ends, [bottom - 4, top + 4]);
  picture.append(
    svg("path", {
      class: "band",
      d: `${through([...edge(spreads, 1, across, up), ...edge(spreads, -1, across, up).reverse()])}Z`,
    }),
    svg("path", { class: "mean", d: through(wholes.map((value, k) => [across(PLACES[k]), up(value)])) }),
    svg("path", { class: "aim", d: `M${across(x)} ${bottom}V${top}` }),
    ...POINTS.map(([px, py]) => svg("circle", { class: "point", cx: across(px), cy: up(py), r: 4 })),
    ...ends.map(end => caption(left - 6, up(end) + 4, number(+end.toFixed(1)), "end")),
    ...[
      [FROM, "start"],
      [TO, "end"],
    ].map(([end, anchor]) => caption(across(end), bottom + 17, number(end), anchor)),
    caption(right, top - 8, "dots: learnt · line: whole · band: thinned", "end"),
  );
}

const edge = (spreads, sign, across, up) =>
  spreads.map(({ x, mean, deviation }) => [across(x), up(mean + sign * 2 * deviation)]);

function extremes(spreads, wholes) {
  const band = spreads.flatMap(({ mean, deviation }) => [mean - 2 * deviation, mean + 2 * deviation]);
  const all = [...band, ...wholes, ...POINTS.map(([, y]) => y)];
  return [Math.min(...all), Math.max(...all)];
}
