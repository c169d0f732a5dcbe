/** A histogram of values that came about by chance, and where one value is that did not. */

import { bars, caption, chart, scaled } from "./charts.js";
import { svg } from "./elements.js";
import { histogram, number, percent } from "./numbers.js";

/** Draw the values between two ends; `aim` is marked by dashes, what is exactly 0 stands alone if it is asked for. */
export function drawDistribution(box, { label, values, ends: [low, high], aim, note, zeros = false }) {
  const { picture, left, right, top, bottom } = chart(box, label);
  const shares = histogram(zeros ? values.filter(value => value !== 0) : values, low, high, values.length);
  const piled = zeros ? values.filter(value => value === 0).length / values.length : 0;
  const most = Math.max(piled, ...shares);
  const [across, up] = [scaled([low, high], [left + 8, right - 4]), scaled([0, most], [bottom, top + 8])];
  picture.append(
    ...bars(shares, k => across(low + ((high - low) * k) / shares.length), up),
    ...(piled ? spike(piled, across(0), up) : []),
    svg("path", { class: "aim", d: `M${across(aim)} ${bottom}V${top}` }),
    ...[
      [low, "start"],
      [high, "end"],
    ].map(([end, anchor]) => caption(across(end), bottom + 17, number(+end.toFixed(2)), anchor)),
    ...[
      [0, "0"],
      [most, percent(most)],
    ].map(([share, text]) => caption(left - 6, up(share) + 4, text, "end")),
    caption(right, top - 8, note, "end"),
  );
}

const spike = (piled, x, up) => [
  svg("rect", { class: "spike", x: x - 3, y: up(piled), width: 6, height: up(0) - up(piled) }),
  caption(x + 9, up(piled) + 10, `${percent(piled)} zeros`, "start", "strong"),
];
