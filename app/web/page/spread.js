/** Where the numbers went: histograms of input and output, and how many are at one place. */

import { show } from "./announcements.js";
import { bars, caption, chart, scaled, through } from "./charts.js";
import { $, svg } from "./elements.js";
import { seen } from "./figure.js";
import { extent, histogram, number, percent } from "./numbers.js";

export function drawSpread() {
  const spread = spreadOf(seen);
  const text = sentence(seen, spread);
  const { picture, left, right, top, bottom } = chart($("spread-chart"), text);
  const { low, high, before, after, piled } = spread;
  const most = Math.max(piled, ...before, ...after);
  const across = scaled([low, high], [left + 8, right]);
  const up = scaled([0, most], [bottom, top + 8]);
  const edge = k => across(low + ((high - low) * k) / after.length);
  picture.append(...bars(after, edge, up), outline(before, edge, up));
  if (piled) picture.append(...spike(spread, across, up, (left + right) / 2));
  picture.append(
    caption(across(low), bottom + 17, number(low)),
    caption(right, bottom + 17, number(high), "end"),
    caption(left - 6, up(0), "0", "end"),
    caption(left - 6, top + 12, percent(most), "end"),
    caption(right, top - 8, "line: input · bars: output", "end"),
  );
  show("spread-summary", text);
}

/** The shares of input and output, and the share that is at one spot: where dropped elements are, or at 0. */
function spreadOf({ x, y, kept }) {
  const spot = y[kept?.indexOf(false)] ?? 0;
  const others = y.filter(value => value !== spot);
  const [low, high] = [Math.min(0, ...x, ...y), Math.max(0, ...x, ...y)];
  const [before, after] = [histogram(x, low, high), histogram(others, low, high, y.length)];
  return { low, high, before, after, spot, piled: (y.length - others.length) / y.length };
}

function sentence({ x, y, kept, reply: { replay } }, { spot, piled }) {
  const asked = replay.training ? `, where p = ${number(replay.p)} was asked for` : "";
  const told = kept ? `${percent(piled)} of the output is ${number(spot)}${asked}. ` : "";
  return `${told}The input goes ${extent(x)}, the output ${extent(y)}.`;
}

function outline(shares, edge, up) {
  const steps = shares.flatMap((share, k) => [edge(k), edge(k + 1)].map(x => [x, up(share)]));
  return svg("path", { class: "before", d: through(steps) });
}

/** The share at the spot, its label on the side where there is more room. */
function spike({ spot, piled }, across, up, middle) {
  const label = spot ? `${percent(piled)} at ${number(spot)}` : `${percent(piled)} zeros`;
  const [x, y] = [across(spot), up(piled)];
  const [aside, anchor] = x > middle ? [-9, "end"] : [9, "start"];
  return [
    svg("rect", { class: "spike", x: x - 3, y, width: 6, height: up(0) - y }),
    caption(x + aside, y + 10, label, anchor, "strong"),
  ];
}
