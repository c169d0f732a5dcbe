/** Many runs: the mean of each, and how their mean comes to the input's. */

import { show } from "./announcements.js";
import { caption, chart, scaled, through } from "./charts.js";
import { $, svg } from "./elements.js";
import { margin, number, range, running } from "./numbers.js";

/** As many dots as can be told apart, about. */
const DOTS = 400;

export function drawRuns({ runs, summary }) {
  const text = sentence(runs, summary);
  const means = runs.map(run => run.output_mean);
  const aim = runs[0].input_mean;
  const { picture, left, right, top, bottom } = chart($("runs-chart"), text);
  const ends = [Math.min(aim, ...means), Math.max(aim, ...means)];
  const across = scaled([1, runs.length], [left + 6, right - 4]);
  const up = scaled(ends, [bottom - 6, top + 4]);
  const line = running(means).map((point, k) => ({ ...point, x: across(k + 1) }));
  picture.append(
    ...dots(means, across, up),
    ...band(line, up, ends),
    svg("path", { class: "aim", d: `M${left} ${up(aim)}H${right}` }),
    svg("path", { class: "mean", d: through(line.map(({ x, mean }) => [x, up(mean)])) }),
    ...ends.map(end => caption(left - 6, up(end) + 4, number(+end.toFixed(3)), "end")),
    caption(left + 6, bottom + 17, "1"),
    caption(right, bottom + 17, `${runs.length} runs`, "end"),
    caption(right, top - 8, "dots: runs · line: mean so far · dashes: input", "end"),
  );
  show("runs-summary", text);
}

function dots(means, across, up) {
  const step = Math.ceil(means.length / DOTS);
  const dot = k => svg("circle", { class: "run", cx: across(k + 1), cy: up(means[k]), r: 1.8 });
  return range(0, Math.ceil(means.length / step)).map(k => dot(k * step));
}

/** The band around the line, from the fifth run on: of fewer one can't say how far they scatter. */
function band(line, up, [low, high]) {
  const certain = line.slice(4);
  const clip = value => Math.min(high, Math.max(low, value));
  const edge = sign => certain.map(({ x, mean, margin }) => [x, up(clip(mean + sign * margin))]);
  return certain.length ? [svg("path", { class: "band", d: `${through([...edge(1), ...edge(-1).reverse()])}Z` })] : [];
}

function sentence(runs, summary) {
  const { output_mean: mean, standard_error: error } = summary;
  const aim = runs[0].input_mean;
  const [low, high] = [mean - margin(error), mean + margin(error)];
  return (
    `After ${runs.length} runs the mean of the output is ${number(mean)}, 95 % band ${number(low)} to ` +
    `${number(high)}; the input's mean, ${number(aim)}, ${whereabouts(aim, low, high, summary)}.`
  );
}

/** Where the input's mean is; outside it is by chance only if the layer keeps it. */
function whereabouts(aim, low, high, { expected_output_mean: expected }) {
  if (aim >= low && aim <= high) return "lies in it";
  return Math.abs(expected - aim) < 1e-9 ? "lies outside, as 5 times of 100 it must" : "lies outside";
}
