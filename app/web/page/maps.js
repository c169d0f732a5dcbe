/** The three maps: input, mask and output, or the factors where a layer has no mask. */

import { show } from "./announcements.js";
import { drawMap, palette, shade } from "./canvas.js";
import { $, element } from "./elements.js";
import { seen } from "./figure.js";
import { layout } from "./layout.js";
import { largest, number } from "./numbers.js";
import { summaries } from "./sentences.js";

const NAMES = ["input", "mask", "output"];

/** Where the cells of all three lie. */
export let plan = null;

/** Put canvases in the place of the tables that were served, which are there to read until something is drawn. */
export function prepareMaps() {
  $("maps").classList.add("live");
  return NAMES.map(name => {
    const canvas = element("canvas", { role: "img", id: `map-${name}` });
    const cursor = element("i", { className: "cursor", hidden: true });
    $(`${name}-title`).nextElementSibling.replaceChildren(canvas, cursor);
    return canvas;
  });
}

export function drawMaps() {
  const colours = palette();
  const { cross } = colours;
  const shaded = most => value => shade(value, most, colours);
  const marked = value => (value ? colours.keep : colours.zero);
  const isDropped = k => seen.kept !== null && !seen.kept[k];
  plan = planned();
  const draw = (name, values, colour, dropped) => drawMap($(`map-${name}`), plan, { values, colour, dropped, cross });
  draw("input", seen.x, shaded(seen.most), () => false);
  draw("mask", seen.noise, seen.kept ? marked : shaded(largest(seen.noise)), isDropped);
  draw("output", seen.y, shaded(seen.most), isDropped);
  describe();
}

/** The maps stand side by side, or where that leaves no cell to see, one above the other. */
function planned() {
  const whole = $("maps").clientWidth;
  $("maps").classList.toggle("stacked", whole < 600 && layout(seen.shape, whole / 3 - 12).cell < 8);
  return layout(seen.shape, $("input-title").clientWidth);
}

function describe() {
  for (const [name, text] of Object.entries(summaries(seen))) $(`map-${name}`).setAttribute("aria-label", text);
  show("least", number(-seen.most));
  show("most", number(seen.most));
  const [name, meaning] = seen.kept ? ["mask ", "1 keeps, 0 drops"] : ["noise ", "y ÷ x"];
  $("mask-title").replaceChildren(name, element("span", {}, meaning));
}
