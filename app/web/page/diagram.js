/** The diagram of a network: a column for each layer; what a mask drops is dashed, crossed out and pale. */

import { svg } from "./elements.js";
import { number, range } from "./numbers.js";

const HEIGHT = 300;
const LARGEST = 17;

let wires = [];
let units = [];
let picture;

/** Draw a network: its units, and its weights between them. */
export function drawDiagram(box, { net, sizes }) {
  const width = Math.max(240, Math.floor(box.clientWidth));
  const place = placing(sizes, width);
  wires = net.flatMap((layer, k) => wiresInto(layer, k, place));
  units = sizes.flatMap((size, layer) => range(0, size).map(unit => unitAt(layer, unit, place)));
  picture = svg("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img" });
  picture.append(...[...wires, ...units].map(({ drawn }) => drawn));
  box.replaceChildren(picture);
}

/** Show what a pass has left in the units; `kept` has a mask for each layer that drops, or there is none. */
export function showPass({ values, kept, chosen, label }) {
  const isGone = (layer, unit) => kept?.[layer - 1]?.[unit] === false;
  for (const { drawn, from, to } of wires) drawn.classList.toggle("gone", isGone(...from) || isGone(...to));
  for (const { drawn, layer, unit, text } of units) {
    drawn.classList.toggle("gone", isGone(layer, unit));
    drawn.classList.toggle("chosen", drawn.dataset.unit === chosen);
    text.textContent = number(+values[layer][unit].toFixed(2));
  }
  picture.setAttribute("aria-label", label);
}

/** Where units are, and how large. */
function placing(sizes, width) {
  const apart = (width - 2 * LARGEST - 4) / (sizes.length - 1);
  const radius = Math.min(LARGEST, apart * 0.3, (HEIGHT / Math.max(...sizes)) * 0.42);
  const x = layer => LARGEST + 2 + layer * apart;
  const y = (layer, unit) => (HEIGHT * (unit + 0.5)) / sizes[layer];
  return { x, y, radius };
}

/** The lines into a layer: as thick as the weight is large, in the colour of its sign. */
function wiresInto(layer, k, { x, y }) {
  const wire = (weight, from, to) => {
    const ends = { x1: x(k), y1: y(k, from), x2: x(k + 1), y2: y(k + 1, to) };
    const thickness = Math.min(4, 0.4 + 1.6 * Math.abs(weight)).toFixed(1);
    const look = { class: `wire ${weight < 0 ? "negative" : "positive"}`, "stroke-width": thickness };
    return { drawn: svg("line", { ...look, ...ends }), from: [k, from], to: [k + 1, to] };
  };
  return layer.flatMap((row, to) => range(0, row.length - 1).map(from => wire(row[from], from, to)));
}

/** A circle with its value, where there is room for one, and the cross that it has when it is dropped. */
function unitAt(layer, unit, place) {
  const [x, y, { radius }] = [place.x(layer), place.y(layer, unit), place];
  const text = svg("text", { x, y: y + 4, "text-anchor": "middle" });
  const parts = [svg("circle", { cx: x, cy: y, r: radius }), svg("path", { d: cross(x, y, radius * 0.6) })];
  if (radius > 13) parts.push(text);
  const drawn = svg("g", { class: "unit", "data-unit": `${layer}.${unit + 1}` }, ...parts);
  return { drawn, layer, unit, text };
}

const cross = (x, y, far) => `M${x - far} ${y - far}L${x + far} ${y + far}M${x + far} ${y - far}L${x - far} ${y + far}`;
