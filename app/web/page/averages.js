/** The mean of thinned networks beside the whole one: how it gets there, and under which scaling it does. */

import { caption, chart, scaled, through } from "./charts.js";
import { cell, heading, row, svg } from "./elements.js";
import { answering } from "./ensemble.js";
import { SCALINGS } from "./fields.js";
import { ACTIVATIONS } from "./network.js";
import { mean, number, running } from "./numbers.js";

/** The mean after each step, and the spot that marks one. */
let line = [];
let spot;

export function drawAverages(box, { outputs, whole, average, label }) {
  const { picture, left, right, top, bottom } = chart(box, label);
  const means = running(outputs).map(point => point.mean);
  const aims = average === null ? [whole] : [whole, average];
  const ends = [Math.min(...aims, ...means), Math.max(...aims, ...means)];
  const [across, up] = [scaled([1, outputs.length], [left + 6, right - 4]), scaled(ends, [bottom - 6, top + 4])];
  line = means.map((value, k) => [across(k + 1), up(value)]);
  spot = svg("circle", { class: "here", r: 4 });
  picture.append(
    ...(average === null ? [] : [svg("path", { class: "all", d: `M${left} ${up(average)}H${right}` })]),
    svg("path", { class: "aim", d: `M${left} ${up(whole)}H${right}` }),
    svg("path", { class: "mean", d: through(line) }),
    spot,
    ...ends.map(end => caption(left - 6, up(end) + 4, number(+end.toFixed(2)), "end")),
    caption(left + 6, bottom + 17, "1"),
    caption(right, bottom + 17, `${outputs.length} networks`, "end"),
    caption(right, top - 8, `line: mean so far · dashes: whole${average === null ? "" : " · dots: all"}`, "end"),
  );
}

/** Mark where the mean is after a step. */
export function markStep(step) {
  const [x, y] = line[step];
  spot.setAttribute("cx", x);
  spot.setAttribute("cy", y);
}

/** The same weights with each kind of unit and each scaling. */
export function compareScalings(body, network, x) {
  const kinds = Object.keys(ACTIVATIONS).reverse();
  const lines = kinds.flatMap(activation => SCALINGS.map(scaling => compared(network, { activation, scaling }, x)));
  body.replaceChildren(...lines);
}

function compared(network, { activation, scaling }, x) {
  const answers = answering(network.net, { p: network.p, activation, scaling });
  const thinned = network.isFew ? answers.average(x) : mean(network.drawn.map(kept => answers.thinned(x, kept).output));
  const whole = answers.whole(x).output;
  const line = row(
    heading("row", `${activation}, ${scaling}`),
    ...[thinned, whole, +(whole - thinned).toFixed(9)].map(value => cell(number(value))),
  );
  line.classList.toggle("chosen", activation === network.activation && scaling === network.scaling);
  return line;
}
