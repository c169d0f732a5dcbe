/** A map: the elements of an array as colours on a canvas. */

import { cornerOf } from "./layout.js";
import { number } from "./numbers.js";

const rgb = text => [1, 3, 5].map(k => parseInt(text.slice(k, k + 2), 16));

/** The colours of maps, which the style has. */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = name => [name, rgb(style.getPropertyValue(`--${name}`).trim())];
  return Object.fromEntries(["zero", "pos", "neg", "keep", "cross"].map(colour));
}

/** A value's colour: as far from that of 0 as the value is on the way to the largest. */
export function shade(value, most, { zero, pos, neg }) {
  const share = most ? Math.min(1, Math.abs(value) / most) : 0;
  const end = value < 0 ? neg : pos;
  return zero.map((from, k) => Math.round(from + (end[k] - from) * share));
}

const css = colour => `rgb(${colour.join(" ")})`;

/** Whether white stands out from it more than black. */
function isDark(colour) {
  const [r, g, b] = colour.map(part => (part / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.179;
}

/** Draw the values, each in its colour; those that are dropped are crossed out. */
export function drawMap(canvas, plan, { values, colour, dropped, cross }) {
  const pen = penOf(canvas, plan);
  values.forEach((value, k) => {
    const [x, y] = cornerOf(k, plan);
    const fill = colour(value);
    fillCell(pen, x, y, plan.cell, fill);
    if (dropped(k)) crossOut(pen, x, y, plan.cell);
    else writeIn(pen, x, y, plan.cell, value, fill);
  });
  pen.strokeStyle = css(cross);
  pen.lineWidth = Math.min(1.6, plan.cell / 8);
  pen.stroke();
}

/** A pen on the canvas, emptied and of the plan's size, on a screen of whatever density. */
function penOf(canvas, { cell, width, height }) {
  const density = window.devicePixelRatio || 1;
  const pen = canvas.getContext("2d");
  canvas.width = Math.ceil(width * density);
  canvas.height = Math.ceil(height * density);
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  pen.scale(density, density);
  pen.font = `${cell >= 54 ? 13 : 11}px system-ui, sans-serif`;
  Object.assign(pen, { textAlign: "center", textBaseline: "middle" });
  pen.beginPath();
  return pen;
}

function fillCell(pen, x, y, side, colour) {
  const edge = side > 12 ? 1 : 0.25;
  pen.fillStyle = css(colour);
  pen.fillRect(x + edge, y + edge, side - 2 * edge, side - 2 * edge);
}

/** Add a cross to the path, which is drawn at once in the end. */
function crossOut(pen, x, y, side) {
  const [near, far] = [side * 0.2, side * 0.8];
  pen.moveTo(x + near, y + near);
  pen.lineTo(x + far, y + far);
  pen.moveTo(x + far, y + near);
  pen.lineTo(x + near, y + far);
}

/** The number, with as many digits as there is room for. */
function writeIn(pen, x, y, side, value, colour) {
  if (side < 36) return;
  pen.fillStyle = isDark(colour) ? "#fff" : "#000";
  pen.fillText(number(+value.toFixed(side >= 54 ? 4 : 2)), x + side / 2, y + side / 2);
}
