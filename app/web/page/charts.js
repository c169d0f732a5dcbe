/** Charts: a frame with two axes, and what is drawn in it. */

import { svg } from "./elements.js";

/** An empty chart as wide as its box; what it shows is said in its label. */
export function chart(box, label, height = 230) {
  const width = Math.max(220, Math.floor(box.clientWidth));
  const [left, right, top, bottom] = [52, width - 8, 22, height - 24];
  const axes = svg("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` });
  const viewBox = `0 0 ${width} ${height}`;
  const picture = svg("svg", { width, height, viewBox, role: "img", "aria-label": label }, axes);
  box.replaceChildren(picture);
  return { picture, left, right, top, bottom };
}

/** The map from one range of numbers to another. */
export const scaled =
  ([from, to], [start, end]) =>
  value =>
    start + ((value - from) / (to - from || 1)) * (end - start);

/** What a path is along these points. */
export const through = points => points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

export const caption = (x, y, text, anchor = "start", strong = "") =>
  svg("text", { x, y, "text-anchor": anchor, class: strong }, text);

/** The bars of a histogram. */
export function bars(shares, edge, up, name = "after") {
  return shares.map((share, k) => {
    const width = Math.max(1, edge(k + 1) - edge(k) - 1);
    return svg("rect", { class: name, x: edge(k) + 0.5, y: up(share), width, height: up(0) - up(share) });
  });
}
