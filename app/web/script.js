// The playground. A state, which is the address; a call made from it; the reply, drawn. Nothing else is kept.

const $ = id => document.getElementById(id);
const controls = $("controls");

// ---------------------------------------------------------------- elements

function element(name, properties = {}, ...children) {
  const { role, dataset, aria, ...own } = properties;
  const made = Object.assign(document.createElement(name), own);
  if (role) made.setAttribute("role", role);
  for (const [key, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${key}`, value);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

function drawn(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// ---------------------------------------------------------------- numbers and words

const product = sizes => sizes.reduce((all, size) => all * size, 1);
const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
const range = (from, to) => Array.from({ length: to - from }, (_, k) => from + k);

/** A number as people read it: four decimals, or a power of ten where these would show nothing. */
function number(value) {
  const odd = value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e7);
  const text = String(odd ? +value.toPrecision(3) : +value.toFixed(4));
  return (text === "-0" ? "0" : text).replaceAll("-", "−");
}

const extent = values => `from ${number(Math.min(...values))} to ${number(Math.max(...values))}`;
const percent = share => `${number(+(share * 100).toFixed(1))} %`;

const tag = name => [...name].reduceRight((all, letter) => (all << 8n) | BigInt(letter.charCodeAt(0)), 0n);
const WORD = (1n << 64n) - 1n;
const MULTIPLY = [0xd2e7470ee14c6c93n, 0xca5a826395121157n];
const WEYL = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn];

/** A block of four words of Philox4x64-10. */
function philox([a, b, c, d], [k, l]) {
  for (let round = 0; round < 10; round++) {
    const x = MULTIPLY[0] * a,
      y = MULTIPLY[1] * c;
    [a, b, c, d] = [(y >> 64n) ^ b ^ k, y & WORD, (x >> 64n) ^ d ^ l, x & WORD];
    k = (k + WEYL[0]) & WORD;
    l = (l + WEYL[1]) & WORD;
  }
  return [a, b, c, d];
}

/** Fractions of the words that the service makes up inputs from, so that its experiments are on the same numbers. */
function fractions(seed, count, add = 0) {
  const blocks = range(0, Math.ceil(count / 4)).map(k => philox([BigInt(k), 0n, 0n, tag("DRINPTV1")], [seed, 0n]));
  return blocks.flat().map((word, k) => (Number(word >> 11n) + (k % 2 ? 0 : add)) * 2 ** -53);
}

const MADE = {
  uniform: (seed, count) => fractions(seed, count).slice(0, count),
  normal: (seed, count) => {
    const u = fractions(seed, count + (count % 2), 1);
    const turn = k =>
      Math.sqrt(-2 * Math.log(u[k - (k % 2)])) * [Math.cos, Math.sin][k % 2](2 * Math.PI * u[k - (k % 2) + 1]);
    return range(0, count).map(turn);
  },
};

const made = (() => {
  let key, values;
  return (kind, seed, count) => {
    if (key !== `${kind} ${seed} ${count}`) values = MADE[kind](BigInt(seed), count);
    key = `${kind} ${seed} ${count}`;
    return values;
  };
})();

// ---------------------------------------------------------------- arrays, written and read

function shapeOf(nested) {
  return Array.isArray(nested) ? [nested.length, ...(nested.length ? shapeOf(nested[0]) : [])] : [];
}

function nest(flat, shape) {
  if (!shape.length) return flat[0];
  const step = flat.length / shape[0];
  return range(0, shape[0]).map(k => nest(flat.slice(k * step, (k + 1) * step), shape.slice(1)));
}

function fromCsv(text) {
  const rows = text
    .split(/\r?\n/)
    .map((line, row) => ({ line: line.trim(), row }))
    .filter(({ line }) => line);
  const cell = (word, row, column) => {
    if (word === "" || !Number.isFinite(Number(word)))
      throw new Error(`Line ${row + 1}, column ${column + 1}: “${word.slice(0, 20)}” is no number.`);
    return Number(word);
  };
  const read = rows.map(({ line, row }) =>
    line.split(/\s*[,;\t]\s*|\s+/).map((word, column) => cell(word, row, column)),
  );
  const odd = read.findIndex(row => row.length !== read[0].length);
  if (odd > 0)
    throw new Error(`Line ${rows[odd].row + 1} has ${read[odd].length} numbers, the first has ${read[0].length}.`);
  return read;
}

function fromJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error.message}`);
  }
}

/** The array in a text. Whether its elements are numbers, and its rows of one length, the service says. */
function parse(text, most) {
  const trimmed = text.trim();
  const array = trimmed.startsWith("[") ? fromJson(trimmed) : fromCsv(trimmed);
  const count = [array].flat(Infinity).length;
  if (!count) throw new Error("There are no numbers yet.");
  if (count > most) throw new Error(`These are ${count} numbers, and the page takes ${most}: send more with curl.`);
  return array;
}

const half = bits => {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return (
    sign *
    (exponent === 31
      ? fraction
        ? NaN
        : Infinity
      : exponent
        ? 2 ** (exponent - 15) * (1 + fraction / 1024)
        : fraction * 2 ** -24)
  );
};
const ELEMENTS = {
  f2: (view, at, little) => half(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  b1: (view, at) => view.getUint8(at),
};

/** The array in a file of numpy.save's. */
function fromNpy(buffer) {
  const view = new DataView(buffer),
    wide = view.getUint8(6) > 1;
  const start = wide ? 12 : 10,
    length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, start, length));
  const [, order, kind] = /'descr':\s*'([<>|=])(\w+)'/.exec(header) ?? [];
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1].match(/\d+/g) ?? []).map(Number);
  if (!ELEMENTS[kind])
    throw new Error("The file's type is none of float16, float32, float64, int32, int64, uint8, bool.");
  const read = k => ELEMENTS[kind](view, start + length + k * Number(kind[1]), order !== ">");
  const flat = range(0, product(shape)).map(read);
  return /'fortran_order':\s*True/.test(header)
    ? transposed(nest(flat, [...shape].reverse()), shape)
    : nest(flat, shape);
}

/** The array whose axes are in the other order. */
function transposed(nested, shape, at = []) {
  if (at.length === shape.length) return at.reduceRight((part, index) => part[index], nested);
  return range(0, shape[at.length]).map(k => transposed(nested, shape, [...at, k]));
}

const JSON_WORDS = { true: "true", false: "false", null: "null" };
const PYTHON_WORDS = { true: "True", false: "False", null: "None" };

/** A value as source text: a row of numbers on a line. */
function written(value, words = JSON_WORDS, pad = "") {
  if (Array.isArray(value)) {
    const between = value.some(Array.isArray) ? `,\n${pad} ` : ", ";
    return `[${value.map(item => written(item, words, `${pad} `)).join(between)}]`;
  }
  if (value !== null && typeof value === "object") {
    const entry = ([key, item]) => `"${key}": ${written(item, words, `${pad}${" ".repeat(key.length + 5)}`)}`;
    return `{${Object.entries(value).map(entry).join(`,\n${pad} `)}}`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0.0" : (words[value] ?? String(value));
}

// ---------------------------------------------------------------- state

const LARGEST = 2n ** 64n - 1n,
  CELLS = 4096,
  SIDE = 32;

const must = (holds, rule) => text => {
  if (!holds(text)) throw new Error(`${rule}.`);
  return text;
};
const among = (...choices) => must(text => choices.includes(text), `must be one of ${choices.join(", ")}`);
const word = must(
  text => /^\d{1,20}$/.test(text) && BigInt(text) <= LARGEST,
  `must be an integer from 0 to ${LARGEST}`,
);
const count = (least, most) =>
  must(
    text => /^\d{1,6}$/.test(text) && +text >= least && +text <= most,
    `must be an integer from ${least} to ${most}`,
  );

/** What each part of the state may be, in the address and in its control. */
const READ = {
  p: must(text => text.trim() !== "" && Number(text) >= 0 && Number(text) <= 1, "must be a number from 0 to 1"),
  seed: word,
  variant: text => text,
  mode: among("train", "eval"),
  scaling: among("inverted", "inference", "none"),
  numbers: among("article", "uniform", "normal", "own"),
  shape: must(
    text =>
      /^\d+(x\d+){0,4}$/.test(text) &&
      text.split("x").every(size => +size >= 1 && +size <= SIDE) &&
      product(text.split("x")) <= CELLS,
    `must be sizes from 1 to ${SIDE}, ${CELLS} numbers in all`,
  ),
  from: word,
  data: text => written(parse(text, CELLS)).replaceAll(/\s+/g, ""),
  share: must(text => /^[0-4]?$/.test(text), "must be a dimension"),
  last: among("", "1"),
  block: count(1, SIDE),
  runs: count(2, 2000),
  view: among("see", "verify"),
};

const ALWAYS = ["p", "seed", "variant", "numbers"];
const table = () =>
  [...document.querySelectorAll("#maps figure:first-child tr")].map(row =>
    [...row.querySelectorAll("td")].map(cell => Number(cell.textContent.replace("−", "-"))),
  );
const ARTICLE = table();
const USUAL = {
  p: $("p").value,
  seed: $("seed").value,
  variant: "dropout",
  mode: "train",
  scaling: "inverted",
  numbers: "article",
  shape: shapeOf(ARTICLE).join("x"),
  from: "42",
  data: "",
  share: "",
  last: "",
  block: "2",
  runs: "200",
  view: "see",
};

let state = { ...USUAL };
let layers = {},
  limits = null,
  seen = null;

const layer = () => layers[state.variant];
const takes = (name, row = layer()) => row.parameters.includes(name);

function address() {
  const told = Object.entries(state).filter(([name, value]) => ALWAYS.includes(name) || value !== USUAL[name]);
  return `#${new URLSearchParams(told)}`;
}

/** The state in an address, and what was wrong there. */
function readAddress(hash) {
  const wrong = [],
    found = { ...USUAL };
  for (const [name, text] of new URLSearchParams(hash.slice(1))) {
    if (!Object.hasOwn(READ, name)) continue;
    try {
      found[name] = name === "data" && !text ? "" : READ[name](text);
    } catch (error) {
      wrong.push(`${name} ${error.message} Shown is ${USUAL[name] || "none"}.`);
    }
  }
  return [found, wrong];
}

let remembered = 0;

function remember() {
  if (location.hash === address()) return;
  const soon = performance.now() - remembered < 500; // a key held down is one step back, not many
  remembered = performance.now();
  history[soon ? "replaceState" : "pushState"](null, "", address());
}

// ---------------------------------------------------------------- telling people

const say = (() => {
  let waiting;
  return (text, delay = 600) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ($("live").textContent = text), delay);
  };
})();

function show(id, text) {
  $(id).hidden = !text;
  if ($(id).textContent !== text) $(id).textContent = text;
}

function fault(name, message) {
  if (!$(`${name}-error`)) return;
  show(`${name}-error`, message);
  for (const field of [
    $(name),
    name === "p" ? $("slider") : null,
    ...document.querySelectorAll(`#axes [data-field=${name}]`),
  ]) {
    if (message) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }
  if (message) say(message);
}

function faultless(scope) {
  for (const told of scope.querySelectorAll(".error:not([hidden])")) fault(told.id.replace("-error", ""), "");
}

// ---------------------------------------------------------------- the service

async function ask(path, body) {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body };
  const reply = await fetch(path, body === undefined ? {} : post).catch(() => {
    throw Object.assign(new Error("The service does not answer."), { again: 2 });
  });
  if (reply.ok) return reply.json();
  const problem = await reply.json().catch(() => ({}));
  const busy = reply.status === 503;
  throw Object.assign(
    new Error(busy ? "The service is busy." : (problem.detail ?? `The service answered ${reply.status}.`)),
    {
      status: reply.status,
      faults: problem.errors ?? [],
      again: busy ? Number(reply.headers.get("Retry-After")) || 1 : undefined,
    },
  );
}

let clock;

/** Say why it has to wait, count down, try again. */
function later(message, seconds, retry) {
  clearTimeout(clock);
  if ($("away").hidden) say(message);
  show("away", `${message} Trying again in ${seconds} s.`);
  clock = setTimeout(() => (seconds > 1 ? later(message, seconds - 1, retry) : retry()), 1000);
}

function back() {
  clearTimeout(clock);
  if (!$("away").hidden) say("The service is back.");
  show("away", "");
}

/** Show what went wrong: at its fields where it has some, or above all. */
function trouble(error, retry, fieldOf) {
  if (error.constructor !== Error) throw error; // the page's own mistake
  if (error.again) return later(error.message, error.again, retry);
  back();
  const placed = (error.faults ?? []).map(({ pointer, message }) => ({
    name: fieldOf(pointer.split("/")[1] ?? ""),
    message,
  }));
  for (const { name, message } of placed) if (name) fault(name, message);
  if (!placed.some(({ name }) => name)) {
    show("notice", error.message);
    say(error.message);
  }
  return placed.find(({ name }) => name)?.name;
}

const PLACES = {
  p: "p",
  seed: "seed",
  variant: "variant",
  scaling: "scaling",
  noise_shape: "share",
  channels_last: "last",
  block_size: "block",
  runs: "runs",
};
const placeOf = part =>
  PLACES[part] ?? (part === "input" || part === "shape" ? (state.numbers === "own" ? "data" : "numbers") : undefined);

// ---------------------------------------------------------------- calls

/** The numbers to work on. */
function array() {
  if (state.numbers === "article") return ARTICLE;
  if (state.numbers === "own") return parse(state.data, CELLS);
  const shape = state.shape.split("x").map(Number);
  return nest(made(state.numbers, state.from, product(shape)), shape);
}

const integer = text => (BigInt(text) <= Number.MAX_SAFE_INTEGER ? Number(text) : text);

/** The fields that say which layer; those at their defaults are left out. */
function layerFields(rank, { training = state.mode === "train", scaling = state.scaling } = {}) {
  return {
    p: Number(state.p),
    ...(training ? {} : { training }),
    seed: integer(state.seed),
    ...(state.variant === "dropout" ? {} : { variant: state.variant }),
    ...(takes("scaling") && scaling !== "inverted" ? { scaling } : {}),
    ...(takes("noise_shape") && state.share !== ""
      ? { noise_shape: range(0, rank).map(axis => (axis === +state.share ? 1 : null)) }
      : {}),
    ...(takes("channels_last") && state.last ? { channels_last: true } : {}),
    ...(takes("block_size") ? { block_size: Number(state.block) } : {}),
  };
}

function call() {
  const input = array();
  const include = takes("mask") ? ["output", "mask", "statistics"] : ["output", "statistics"];
  return { input, ...layerFields(shapeOf(input).length), include };
}

let busy = false,
  stale = false;

/** Ask for what the controls say, and draw it. While a call is under way the next waits; only the last counts. */
async function refresh() {
  stale = true;
  if (busy) return;
  busy = true;
  try {
    while (stale) {
      stale = false;
      await once();
    }
  } finally {
    busy = false;
  }
}

async function once() {
  try {
    const sent = call(),
      reply = await ask("/v1/dropout", written(sent));
    back();
    faultless(controls);
    show("notice", "");
    seen = {
      sent,
      reply,
      shape: reply.shape,
      x: [sent.input].flat(Infinity),
      y: [reply.output].flat(Infinity),
      kept: reply.mask === undefined ? null : [reply.mask].flat(Infinity),
    };
    draw();
    experimentSoon();
  } catch (error) {
    trouble(error, refresh, placeOf);
  }
}

// ---------------------------------------------------------------- the maps

const canvases = {};
let at = null,
  plan = null,
  colours = null;

/** Where each cell is: the last two dimensions are a table, those before them tables side by side and in rows. */
function planned(shape, width) {
  const [rows, columns] = [1, 1, ...shape].slice(-2),
    before = shape.slice(0, -2),
    tables = product(before);
  const across =
    before.length < 2 ? Math.min(tables, Math.max(1, Math.floor(SIDE / columns))) : product(before.slice(1));
  const gap = tables > 1 ? 0.5 : 0,
    down = Math.ceil(tables / across);
  const wide = across * (columns + gap) - gap,
    high = down * (rows + gap) - gap;
  const cell = Math.min(width / wide, 64, Math.max(448 / high, 6));
  const place = k => {
    const part = Math.floor(k / (rows * columns)),
      within = k % (rows * columns);
    return [
      (part % across) * (columns + gap) + (within % columns),
      Math.floor(part / across) * (rows + gap) + Math.floor(within / columns),
    ].map(unit => unit * cell);
  };
  const hit = (x, y) => {
    const [i, j] = [Math.floor(y / cell / (rows + gap)), Math.floor(x / cell / (columns + gap))];
    const [row, column] = [Math.floor(y / cell - i * (rows + gap)), Math.floor(x / cell - j * (columns + gap))];
    const inside = row >= 0 && row < rows && column >= 0 && column < columns && j < across && i * across + j < tables;
    return inside ? (i * across + j) * rows * columns + row * columns + column : null;
  };
  return { rows, columns, cell, width: wide * cell, height: high * cell, place, hit };
}

const rgb = text => [1, 3, 5].map(k => parseInt(text.slice(k, k + 2), 16));

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const value = name => style.getPropertyValue(`--${name}`).trim();
  colours = {
    zero: rgb(value("zero")),
    pos: rgb(value("pos")),
    neg: rgb(value("neg")),
    keep: rgb(value("keep")),
    cross: value("cross"),
  };
}

/** A value's colour: as far from that of 0 as the value is on the way to the largest. */
function shade(value, most) {
  const share = most ? Math.min(1, Math.abs(value) / most) : 0,
    end = value < 0 ? colours.neg : colours.pos;
  return colours.zero.map((from, k) => Math.round(from + (end[k] - from) * share));
}

const dark = colour => {
  const [r, g, b] = colour.map(part => (part / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.179; // where black and white contrast equally
};

function crossOut(pen, x, y, side) {
  const inset = side * 0.2;
  pen.moveTo(x + inset, y + inset);
  pen.lineTo(x + side - inset, y + side - inset);
  pen.moveTo(x + side - inset, y + inset);
  pen.lineTo(x + inset, y + side - inset);
}

function drawMap(canvas, { cell, width, height, place }, values, colour, dropped) {
  const dots = window.devicePixelRatio || 1,
    pen = canvas.getContext("2d");
  canvas.width = Math.ceil(width * dots);
  canvas.height = Math.ceil(height * dots);
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  pen.scale(dots, dots);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `${cell >= 54 ? 13 : 11}px system-ui, sans-serif`;
  const edge = cell > 12 ? 1 : 0.25,
    digits = cell >= 54 ? 4 : cell >= 36 ? 2 : null;
  pen.beginPath();
  values.forEach((value, k) => {
    const [x, y] = place(k),
      fill = colour(value, k);
    pen.fillStyle = `rgb(${fill.join(" ")})`;
    pen.fillRect(x + edge, y + edge, cell - 2 * edge, cell - 2 * edge);
    if (dropped?.(k)) return crossOut(pen, x, y, cell);
    if (digits === null) return;
    pen.fillStyle = dark(fill) ? "#fff" : "#000";
    pen.fillText(number(+value.toFixed(digits)), x + cell / 2, y + cell / 2);
  });
  pen.strokeStyle = colours.cross;
  pen.lineWidth = Math.min(1.6, cell / 8);
  pen.stroke();
}

/** What is between input and output: the mask, or the factor of each number where a layer has none. */
const noise = () => (seen.kept ? seen.kept.map(Number) : seen.x.map((x, k) => (x ? seen.y[k] / x : 1)));

const summary = (name, values) =>
  `${name}: ${seen.shape.join(" × ") || 1} numbers ${extent(values)}, mean ${number(mean(values))}`;

function drawMaps() {
  if (!seen) return;
  const between = noise(),
    most = Math.max(...[...seen.x, ...seen.y].map(Math.abs));
  const dropped = seen.kept && (k => !seen.kept[k]),
    colour = value => shade(value, most);
  const ofMask = seen.kept
    ? value => (value ? colours.keep : colours.zero)
    : value => shade(value, Math.max(...between.map(Math.abs)));
  const whole = $("maps").clientWidth;
  $("maps").classList.toggle("stacked", whole < 600 && planned(seen.shape, whole / 3 - 12).cell < 8);
  plan = planned(seen.shape, $("input-title").clientWidth);
  drawMap(canvases.input, plan, seen.x, colour);
  drawMap(canvases.mask, plan, between, ofMask, dropped);
  drawMap(canvases.output, plan, seen.y, colour, dropped);
  canvases.input.setAttribute("aria-label", summary("input", seen.x));
  canvases.mask.setAttribute(
    "aria-label",
    seen.kept
      ? `mask: ${seen.kept.filter(keep => !keep).length} of ${seen.kept.length} dropped`
      : summary("factors", between),
  );
  canvases.output.setAttribute("aria-label", summary("output", seen.y));
  show("least", number(-most));
  show("most", number(most));
  $("mask-title").replaceChildren(
    ...(seen.kept ? ["mask ", element("span", {}, "1 keeps, 0 drops")] : ["noise ", element("span", {}, "y ÷ x")]),
  );
}

/** The indices of a cell, as any framework counts them. */
function indices(k) {
  const found = [];
  for (const size of [...seen.shape].reverse()) {
    found.unshift(k % size);
    k = Math.floor(k / size);
  }
  return `[${found.join(", ")}]`;
}

/** How an output comes about: the steps of one cell. */
function arithmetic(k) {
  const { layer: is, replay } = seen.reply,
    x = number(seen.x[k]),
    y = number(seen.y[k]),
    where = indices(k);
  if (!replay.training)
    return `${where} evaluation: ${x}${is.scale === 1 ? " stays" : ` · ${number(is.scale)} =`} ${y}`;
  if (!seen.kept) return `${where}: ${x} · ${number(noise()[k])} = ${y}`;
  if (!seen.kept[k])
    return is.shift === undefined || state.p === "1"
      ? `${where} dropped: ${x} · 0 = ${y}`
      : `${where} dropped: ${x} becomes ${y}`;
  if (is.shift !== undefined) return `${where} kept: ${x} · ${number(is.scale)} + ${number(is.shift)} = ${y}`;
  if (is.scale === 1) return `${where} kept: ${x} · 1 = ${y}`;
  const divided = Math.abs(is.scale * is.keep_prob - 1) < 1e-9;
  return `${where} kept: ${x} · ${divided ? `1 ÷ ${number(is.keep_prob)}` : number(is.scale)} = ${y}`;
}

/** The cell that is looked at, or the first that is kept and the first that is dropped. */
function drawArithmetic() {
  const cells = at !== null ? [at] : seen.kept ? [seen.kept.indexOf(true), seen.kept.indexOf(false)] : [0];
  const lines = cells.filter(k => k >= 0).map(k => element("p", {}, arithmetic(k)));
  $("arithmetic").replaceChildren(...lines);
  for (const mark of document.querySelectorAll(".cursor")) {
    mark.hidden = at === null;
    if (at === null) continue;
    const [x, y] = plan.place(at);
    Object.assign(mark.style, { left: `${x}px`, top: `${y}px`, width: `${plan.cell}px`, height: `${plan.cell}px` });
  }
}

function look(k) {
  if (!seen || k === at) return;
  at = k;
  drawArithmetic();
}

const STEPS = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: () => -plan.columns,
  ArrowDown: () => plan.columns,
  PageUp: () => -plan.rows * plan.columns,
  PageDown: () => plan.rows * plan.columns,
  Home: () => -Infinity,
  End: () => Infinity,
};

function walk(event) {
  if (event.key === "Escape") return look(null);
  if (!STEPS[event.key] || !seen?.x.length) return;
  event.preventDefault();
  const next = at === null ? 0 : at + STEPS[event.key](),
    last = seen.x.length - 1;
  look(Number.isFinite(next) ? (next < 0 || next > last ? at : next) : next < 0 ? 0 : last);
  say(arithmetic(at));
}

function prepareMaps() {
  const maps = $("maps");
  document.querySelectorAll("#maps .plate").forEach((plate, k) => {
    const name = ["input", "mask", "output"][k],
      canvas = element("canvas", { role: "img", id: `map-${name}` });
    plate.replaceChildren(canvas, element("i", { className: "cursor", hidden: true }));
    canvases[name] = canvas;
    const point = event => look(plan?.hit(event.offsetX, event.offsetY) ?? null);
    canvas.addEventListener("pointermove", point);
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("pointerleave", event => event.pointerType === "touch" || look(null));
  });
  maps.classList.add("live");
  maps.tabIndex = 0;
  maps.setAttribute("role", "application");
  maps.setAttribute("aria-label", "Cells of input, mask and output");
  maps.setAttribute("aria-describedby", "maps-hint");
  maps.addEventListener("keydown", walk);
  maps.addEventListener("focus", () => maps.matches(":focus-visible") && look(at ?? 0));
  maps.addEventListener("blur", () => look(null));
}

/** A map as a table: a row for each row of it, its indices before it. */
function tableOf(name, values, className) {
  const columns = seen.shape.at(-1) ?? 1,
    rows = values.length / columns;
  const head = element(
    "tr",
    {},
    element("td"),
    ...range(0, columns).map(column => element("th", { scope: "col" }, String(column))),
  );
  const line = row =>
    element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        indices(row * columns)
          .slice(1, -1)
          .split(", ")
          .slice(0, -1)
          .join(", "),
      ),
      ...range(row * columns, (row + 1) * columns).map(k =>
        element("td", { className: className(values[k], k) }, number(values[k])),
      ),
    );
  return element(
    "div",
    { tabIndex: 0, role: "region", aria: { label: `Numbers of the ${name}` } },
    element("table", {}, element("caption", {}, name), head, ...range(0, rows).map(line)),
  );
}

function drawTables() {
  if (!$("shown").open || !seen) return;
  const most = Math.max(...[...seen.x, ...seen.y].map(Math.abs)) || 1;
  const tint = value => `${value < 0 ? "n" : "p"}${Math.round((Math.abs(value) / most) * 10)}`;
  const dropped = k => seen.kept && !seen.kept[k];
  $("tables").replaceChildren(
    tableOf("input", seen.x, tint),
    tableOf(seen.kept ? "mask" : "noise", noise(), seen.kept ? value => (value ? "kept" : "dropped") : () => ""),
    tableOf("output", seen.y, (value, k) => (dropped(k) ? "dropped" : tint(value))),
  );
}

// ---------------------------------------------------------------- sentences

function drawSentences() {
  const { statistics, layer: is, replay } = seen.reply,
    { p } = replay,
    [low, high] = statistics.expected_drop_rate_interval ?? [];
  const scale = is.scale === null ? "no scale: 1/(1 − 1) has no value" : `scale ${is.scale.toFixed(3)}`;
  const split = `drops ${percent(p)} · keeps ${percent(1 - p)} · ${scale}`;
  show("shares", seen.kept ? split : `drops nothing · noise of variance p/(1 − p) = ${number(p / (1 - p))}`);
  const { decisions, dropped, drop_rate: rate } = statistics;
  const counted = `${dropped} of ${decisions} decisions were to drop, ${percent(rate ?? 0)}.`;
  const expected =
    low === undefined ? "" : ` At p = ${number(p)} it is ${percent(low)} to ${percent(high)}, 99 times of 100.`;
  const same = seen.y.every((y, k) => Object.is(y, seen.x[k]))
    ? "the output is the input, bit for bit"
    : "every number is scaled";
  const told = decisions ? counted + (takes("block_size") ? " Each drops a block." : expected) : "Nothing is dropped.";
  const means = ["input", "output"].map(name => `mean ${number(statistics[name].mean)}`);
  show("statistics", replay.training ? told : `In evaluation nothing is dropped: ${same}.`);
  show("input-under", means[0]);
  show(
    "mask-under",
    seen.kept ? `${seen.kept.filter(Boolean).length} of ${seen.kept.length} kept` : `mean ${number(mean(noise()))}`,
  );
  show("output-under", means[1]);
  say(`${$("statistics").textContent} Input ${means[0]}, output ${means[1]}.`);
}

// ---------------------------------------------------------------- charts

const chart = (box, label, height = 230) => {
  const width = Math.max(220, Math.floor(box.clientWidth)),
    inner = { left: 52, right: width - 8, top: 22, bottom: height - 24 };
  const picture = drawn("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  box.replaceChildren(picture);
  picture.append(drawn("path", { class: "axis", d: `M${inner.left} ${inner.top}V${inner.bottom}H${inner.right}` }));
  return { picture, ...inner };
};

const scaled =
  ([from, to], [start, end]) =>
  value =>
    start + ((value - from) / (to - from || 1)) * (end - start);
const path = points => points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
const caption = (x, y, text, anchor = "start", strong = "") =>
  drawn("text", { x, y, "text-anchor": anchor, class: strong }, text);

const BINS = 16;

function shares(values, low, high, whole) {
  const bins = new Array(BINS).fill(0);
  for (const value of values)
    bins[Math.min(BINS - 1, Math.floor(((value - low) / (high - low || 1)) * BINS))] += 1 / whole;
  return bins;
}

function drawSpread() {
  const { x, y, kept, reply } = seen,
    first = kept?.indexOf(false) ?? -1;
  const spot = first >= 0 ? y[first] : 0,
    piled = y.filter(value => value === spot).length / (y.length || 1);
  const low = Math.min(0, ...x, ...y),
    high = Math.max(0, ...x, ...y);
  const before = shares(x, low, high, x.length),
    after = shares(
      y.filter(value => value !== spot),
      low,
      high,
      y.length,
    );
  const asked = kept && reply.replay.training ? `, where p = ${number(reply.replay.p)} was asked for` : "";
  const text =
    `${kept ? `${percent(piled)} of the output is ${number(spot)}${asked}. ` : ""}` +
    `The input goes ${extent(x)}, the output ${extent(y)}.`;
  const { picture, left, right, top, bottom } = chart($("spread-chart"), text),
    most = Math.max(piled, ...before, ...after);
  const across = scaled([low, high], [left + 8, right]),
    up = scaled([0, most], [bottom, top + 8]);
  const edge = k => across(low + ((high - low) * k) / BINS);
  const bar = (share, k) => ({
    x: edge(k) + 0.5,
    y: up(share),
    width: Math.max(1, edge(k + 1) - edge(k) - 1),
    height: bottom - up(share),
  });
  picture.append(...after.map((share, k) => drawn("rect", { class: "after", ...bar(share, k) })));
  picture.append(
    drawn("path", {
      class: "before",
      d: path(
        before.flatMap((share, k) => [
          [edge(k), up(share)],
          [edge(k + 1), up(share)],
        ]),
      ),
    }),
  );
  if (piled) {
    const flip = across(spot) > (left + right) / 2,
      label = spot ? `${percent(piled)} at ${number(spot)}` : `${percent(piled)} zeros`;
    picture.append(
      drawn("rect", { class: "spike", x: across(spot) - 3, y: up(piled), width: 6, height: bottom - up(piled) }),
      caption(across(spot) + (flip ? -9 : 9), up(piled) + 10, label, flip ? "end" : "start", "strong"),
    );
  }
  picture.append(
    caption(across(low), bottom + 17, number(low)),
    caption(right, bottom + 17, number(high), "end"),
    caption(left - 6, up(0), "0", "end"),
    caption(left - 6, top + 12, percent(most), "end"),
    caption(right, top - 8, "line: input · bars: output", "end"),
  );
  show("spread-summary", text);
}

let experiment = null;

/** Means of 1, 2, … runs, and how far 95 of 100 such means are from the true one. */
function running(values) {
  let sum = 0,
    squares = 0;
  return values.map((value, k) => {
    sum += value;
    squares += value * value;
    const n = k + 1,
      variance = Math.max(0, (squares - (sum * sum) / n) / Math.max(1, n - 1));
    return { mean: sum / n, margin: 1.96 * Math.sqrt(variance / n) };
  });
}

function drawRuns() {
  const { runs, summary: all } = experiment,
    means = runs.map(run => run.output_mean),
    line = running(means);
  const aim = runs[0].input_mean,
    margin = 1.96 * (all.standard_error ?? 0),
    [low, high] = [all.output_mean - margin, all.output_mean + margin];
  const where =
    aim >= low && aim <= high
      ? "lies in it"
      : Math.abs(all.expected_output_mean - aim) < 1e-9
        ? "lies outside, as 5 times of 100 it must"
        : "lies outside";
  const text =
    `After ${runs.length} runs the mean of the output is ${number(all.output_mean)}, 95 % band ${number(low)} to ` +
    `${number(high)}; the input's mean, ${number(aim)}, ${where}.`;
  const { picture, left, right, top, bottom } = chart($("runs-chart"), text);
  const across = scaled([1, runs.length], [left + 6, right - 4]),
    ends = [Math.min(aim, ...means), Math.max(aim, ...means)];
  const up = scaled(ends, [bottom - 6, top + 4]),
    clip = value => Math.min(ends[1], Math.max(ends[0], value));
  const certain = line.map((point, k) => ({ ...point, x: across(k + 1) })).slice(4),
    step = Math.ceil(means.length / 400);
  const edge = sign => certain.map(({ x, mean: is, margin: by }) => [x, up(clip(is + sign * by))]);
  means.forEach(
    (value, k) =>
      k % step || picture.append(drawn("circle", { class: "run", cx: across(k + 1), cy: up(value), r: 1.8 })),
  );
  if (certain.length)
    picture.append(drawn("path", { class: "band", d: `${path([...edge(1), ...edge(-1).reverse()])}Z` }));
  picture.append(
    drawn("path", { class: "aim", d: `M${left} ${up(aim)}H${right}` }),
    drawn("path", { class: "mean", d: path(line.map((point, k) => [across(k + 1), up(point.mean)])) }),
    caption(left - 6, up(ends[1]) + 4, number(+ends[1].toFixed(3)), "end"),
    caption(left - 6, up(ends[0]) + 4, number(+ends[0].toFixed(3)), "end"),
    caption(left + 6, bottom + 17, "1"),
    caption(right, bottom + 17, `${runs.length} runs`, "end"),
    caption(right, top - 8, "dots: runs · line: mean so far · dashes: input", "end"),
  );
  show("runs-summary", text);
}

// ---------------------------------------------------------------- experiments

let waiting;

function experimentSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(experiments, 250);
}

async function experiments() {
  const subject = seen;
  try {
    await Promise.all([simulate(subject), compare(subject)]);
  } catch (error) {
    if (subject === seen) trouble(error, refresh, placeOf);
  }
}

async function simulate(subject) {
  const own = state.numbers in MADE,
    distribution = own ? state.numbers : "uniform";
  const body = {
    shape: subject.shape,
    ...layerFields(subject.shape.length, { training: true }),
    distribution,
    input_seed: integer(state.from),
    runs: Number(state.runs),
  };
  const reply = await ask("/v1/dropout/simulate", written(body));
  if (subject !== seen) return;
  experiment = reply;
  const which = own
    ? "The numbers above"
    : `Uniform numbers of the same shape, which the service makes up from seed ${state.from},`;
  show("runs-input", `${which} go through the layer again and again, each time with another mask.`);
  drawRuns();
}

const ONE = [["", "this layer's own"]];
const THREE = [
  ["inverted", "inverted"],
  ["inference", "inference"],
  ["none", "none"],
];

async function compare(subject) {
  const size = subject.x.length || 1,
    most = Math.floor(limits.max_elements / size) - 1;
  const samples = Math.max(1, Math.min(1000, limits.max_samples, most)),
    rows = takes("scaling") ? THREE : ONE;
  const means = scaling => training => {
    const fields = layerFields(subject.shape.length, { training, scaling: scaling || "inverted" });
    return ask(
      "/v1/dropout",
      written({ input: subject.sent.input, ...fields, ...(training ? { samples } : {}), include: ["statistics"] }),
    );
  };
  const told = await Promise.all(rows.map(([scaling]) => Promise.all([true, false].map(means(scaling)))));
  if (subject !== seen) return;
  show("masks", samples.toLocaleString("en"));
  $("why").tBodies[0].replaceChildren(...rows.map(([scaling, name], k) => compared(scaling, name, ...told[k])));
}

/** Whether two means agree, in words: up to chance, and only where a missing scale would have shown. */
function agreement({ input, output, decisions }, inEvaluation) {
  const inTraining = output.mean,
    apart = Math.abs(inTraining - inEvaluation);
  const margin = (4 * output.std) / Math.sqrt(decisions || output.size);
  if (apart <= 1e-12 * Math.abs(inEvaluation)) return "yes";
  if (apart <= margin)
    return margin < Number(state.p) * Math.abs(input.mean) ? "yes, up to chance" : "too near 0 to tell";
  const times =
    Math.abs(inTraining) > margin
      ? `${number(+(inEvaluation / inTraining).toFixed(2))} times as large`
      : `${number(inEvaluation)} instead of ${number(inTraining)}`;
  return `no: evaluation is ${times}`;
}

function compared(scaling, name, train, evaluation) {
  const inEvaluation = evaluation.statistics.output.mean;
  const cell = text => element("td", {}, text);
  return element(
    "tr",
    { className: scaling === state.scaling || !scaling ? "chosen" : "" },
    element("th", { scope: "row" }, name),
    cell(number(train.statistics.output.mean)),
    cell(number(inEvaluation)),
    cell(agreement(train.statistics, inEvaluation)),
  );
}

// ---------------------------------------------------------------- code

const url = () => `${location.origin}/v1/dropout`;

/** Words of the law in numpy, and decisions from them: 16 bits each, and 48 more where those leave a tie. */
const WORDS = `def words(tag, k, n):  # Philox4x64-10, key (seed, 0), counter (k // 4, 0, 0, tag)
    counter = k // 4 | int.from_bytes(tag, "little") << 192
    return np.random.Philox(key=seed, counter=counter - 1).random_raw(k % 4 + n)[k % 4:]`;
const decided = (size, p) => `${WORDS}

T = int(${p} * 2**64)
lanes = words(b"DRMASKV2", 0, ${Math.ceil(size / 4)}).view("<u2")[:${size}]
mask = lanes > T >> 48
for i in np.flatnonzero(lanes == T >> 48).tolist():  # a tie, once in 65,536
    mask[i] = int(words(b"DRRESTV2", i, 1)[0]) >> 16 >= T % 2**48`;

/** How the words become a mask, in numpy. */
const MASKS = {
  gaussian_dropout: ({ size, shape }) => `${WORDS}

w = words(b"DRNORMV1", 0, ${size + (size % 2)})
u1, u2 = ((w[0::2] >> 11) + 1) * 2.0**-53, (w[1::2] >> 11) * 2.0**-53
radius, turn = np.sqrt(-2 * np.log(u1)), 2 * np.pi * u2
z = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1).ravel()[:${size}].reshape(${shape})
mask = 1 + z * (p / (1 - p)) ** 0.5  # no mask: a factor for each number`,
  drop_block2d: ({ corners, block, shape }) => `b, (N, C, H, W) = ${block}, x.shape
gamma = min(1.0, p * H * W / (b**2 * (H - b + 1) * (W - b + 1)))
${decided(product(corners), "gamma")}
seeds, mask = mask.reshape(${corners.join(", ")}), np.ones((${shape}), bool)
for n, c, i, j in np.argwhere(~seeds):
    mask[n, c, i:i + b, j:j + b] = False`,
  dropout: ({ corners }) => `${decided(product(corners), "p")}
mask = mask.reshape(${corners.join(", ") || "()"})`,
};

const ALPHA = [
  "alpha = 1.7580993408473766",
  "a = ((alpha**2 * p + 1) * (1 - p)) ** -0.5",
  "y = np.where(mask, a * x + a * alpha * p, a * alpha * (p - 1))",
];
const RESULTS = {
  alpha_dropout: () => ALPHA.join("\n"),
  feature_alpha_dropout: () => ALPHA.join("\n"),
  gaussian_dropout: () => "y = x * mask",
  drop_block2d: () => "scale = N * C * H * W / max(int(mask.sum()), 1)\ny = np.where(mask, x * scale, 0.0)",
  dropout: ({ inverted }) => `y = np.where(mask, x * ${inverted ? "(1 / (1 - p))" : "1.0"}, 0.0)`,
};

const SHIFTED = ["alpha_dropout", "feature_alpha_dropout"];

/** The lines that draw the mask, and those that apply it; no mask in evaluation and at p = 1, nor a shift at p = 0. */
function byHand({ sent, reply }) {
  const { training, p, variant, scaling } = reply.replay,
    shape = reply.shape.join(", ");
  if (!training)
    return [
      "",
      scaling === "inference" ? "y = x * (1 - p)  # evaluation scales, and drops nothing" : "y = x  # evaluation",
    ];
  if (p === 1) return ["", "y = x * 0.0 + 0.0  # p = 1 drops everything"];
  if (p === 0 && SHIFTED.includes(variant)) return ["", "y = x  # p = 0"];
  const facts = {
    size: product(reply.shape),
    shape,
    corners: reply.layer.noise_shape,
    block: sent.block_size,
    inverted: scaling === "inverted",
  };
  return [(MASKS[variant] ?? MASKS.dropout)(facts), (RESULTS[variant] ?? RESULTS.dropout)(facts)];
}

const lines = (...parts) => `${parts.filter(part => part !== "").join("\n")}\n`;
const gap = part => part && `\n${part}`;
const indented = (value, words, column) => written(value, words, " ".repeat(column));

const opening = ({ sent, reply }) =>
  lines(
    `x = np.array(${indented(sent.input, PYTHON_WORDS, 12)}, float)`,
    `p, seed = ${reply.replay.p}, ${state.seed}`,
  ).trimEnd();

function withTorch(about) {
  const [mask, result] = byHand(about);
  const tensors = mask ? "x, mask = torch.from_numpy(x), torch.from_numpy(mask)" : "x = torch.from_numpy(x)";
  const applied = result.replaceAll("np.where", "torch.where");
  return lines("import numpy as np", "import torch", gap(opening(about)), gap(mask), gap(tensors), applied, PRINT);
}

function withNumpy(about) {
  const [mask, result] = byHand(about);
  return lines("import numpy as np", gap(opening(about)), gap(mask), gap(result), PRINT);
}

const PRINT = "print(y.tolist())";

const LANGUAGES = {
  curl: {
    name: "curl",
    about: "What the page has sent.",
    code: ({ sent }) =>
      lines(
        `curl -s ${url()} \\`,
        "  -H 'Content-Type: application/json' \\",
        `  -d '${indented(sent, JSON_WORDS, 6)}'`,
      ),
  },
  httpx: {
    name: "Python",
    about: "What the page has sent, with httpx.",
    code: ({ sent }) =>
      lines(
        "import httpx",
        gap(`call = ${indented(sent, PYTHON_WORDS, 7)}`),
        `reply = httpx.post("${url()}", json=call).raise_for_status().json()`,
        'print(reply["output"])',
      ),
  },
  fetch: {
    name: "JavaScript",
    about: "What the page has sent, with fetch.",
    code: ({ sent }) =>
      lines(
        `const call = ${indented(sent, JSON_WORDS, 13)};`,
        `const reply = await fetch("${url()}", {`,
        '  method: "POST",',
        '  headers: {"Content-Type": "application/json"},',
        "  body: JSON.stringify(call),",
        "});",
        "console.log((await reply.json()).output);",
      ),
  },
  torch: {
    name: "PyTorch",
    about: "No service needed: the mask by its law, applied by PyTorch.",
    code: withTorch,
  },
  numpy: { name: "numpy", about: "No service needed: the mask by its law.", code: withNumpy },
};
let language = "curl";

function drawCode() {
  if (!seen) return;
  $("code").textContent = LANGUAGES[language].code(seen);
  show("code-about", LANGUAGES[language].about);
}

async function copy() {
  if (navigator.clipboard) await navigator.clipboard.writeText($("code").textContent);
  else {
    getSelection().selectAllChildren($("code")); // over plain HTTP, from another machine, this is all there is
    document.execCommand("copy");
  }
  $("copy").textContent = "Copied";
  say("Copied", 0);
  setTimeout(() => ($("copy").textContent = "Copy"), 2000);
}

// ---------------------------------------------------------------- tabs

/** Tabs as people expect them: arrows go from one to the next, one is in the order of Tab. */
function tabs(list, choose) {
  const all = () => [...list.querySelectorAll("[role=tab]")];
  const select = (tab, byHand = false) => {
    for (const other of all()) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
    }
    choose(tab, byHand);
  };
  list.addEventListener(
    "click",
    event => event.target.closest("[role=tab]") && select(event.target.closest("[role=tab]"), true),
  );
  list.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = all().at((all().indexOf(document.activeElement) + step) % all().length);
    next.focus();
    select(next, true);
  });
  return select;
}

const chooseView = tabs(document.querySelector(".views"), (tab, byHand) => {
  state.view = tab.id.replace("tab-", "");
  for (const view of ["see", "verify"]) $(view).hidden = view !== state.view;
  redrawn(); // what is not seen has no width to be drawn for
  if (byHand && limits) remember();
});

function prepareCode() {
  $("languages").append(
    ...Object.entries(LANGUAGES).map(([key, { name }], k) =>
      element(
        "button",
        {
          type: "button",
          id: `language-${key}`,
          role: "tab",
          tabIndex: k ? -1 : 0,
          aria: { selected: String(!k), controls: "code-panel" },
        },
        name,
      ),
    ),
  );
  $("code-panel").setAttribute("aria-labelledby", "language-curl");
  tabs($("languages"), tab => {
    language = tab.id.replace("language-", "");
    $("code-panel").setAttribute("aria-labelledby", tab.id);
    drawCode();
  });
  $("copy").addEventListener("click", copy);
}

// ---------------------------------------------------------------- controls

/** What the last dimensions are called, by how many there are. */
const AXES = {
  2: ["rows", "columns"],
  3: ["N", "C", "length"],
  4: ["N", "C", "height", "width"],
  5: ["N", "C", "depth", "height", "width"],
};
const LAST = { 3: ["N", "length", "C"], 4: ["N", "height", "width", "C"], 5: ["N", "depth", "height", "width", "C"] };

function axes(rank) {
  const named = takes("channels_last") && state.last ? LAST : AXES;
  return named[rank] ?? range(0, rank).map(axis => `axis ${axis}`);
}

const currentShape = () =>
  state.numbers === "article"
    ? shapeOf(ARTICLE)
    : state.numbers === "own"
      ? (seen?.shape ?? [1, 1])
      : state.shape.split("x").map(Number);

function setValue(name, value) {
  const control = controls.elements[name];
  if (control?.type === "checkbox") control.checked = value === "1";
  else if (control) control.value = value;
}

const valueOf = control => (control.type === "checkbox" ? (control.checked ? "1" : "") : control.value);

/** Show the controls that mean something for the layer and the numbers. */
function arrange() {
  const shape = currentShape(),
    names = axes(shape.length);
  for (const field of document.querySelectorAll("[data-for]")) field.hidden = !takes(field.dataset.for);
  $("sizes").hidden = $("made").hidden = !(state.numbers in MADE);
  $("given").hidden = state.numbers !== "own";
  show("variant-about", layer().summary);
  show("variant-formula", layer().training);
  $("share").replaceChildren(
    element("option", { value: "" }, "one for each number"),
    ...names.map((name, axis) => element("option", { value: String(axis) }, `shared along ${name}`)),
  );
  $("share").value = state.share;
  if ($("axes").dataset.key !== names.join()) {
    $("axes").replaceChildren(
      ...names.map(name =>
        element(
          "label",
          {},
          name,
          element("input", {
            type: "number",
            min: "1",
            max: String(SIDE),
            step: "1",
            dataset: { field: "shape" },
            aria: { describedby: "shape-error" },
          }),
        ),
      ),
    );
    $("axes").dataset.key = names.join();
  }
  [...$("axes").querySelectorAll("input")].forEach((field, axis) => {
    if (document.activeElement !== field) field.value = shape[axis];
  });
}

function fill() {
  for (const [name, value] of Object.entries(state)) setValue(name, value);
  $("slider").value = state.p;
  arrange();
}

/** A layer of another rank brings numbers that fit it. */
function adapt(block) {
  const { example } = layer(),
    shape = example.shape ?? shapeOf(example.input);
  if (example.block_size) state.block = block ?? String(example.block_size);
  if (state.numbers === "own" || shape.length === currentShape().length) return;
  const negative = [example.input].flat(Infinity).some(value => value < 0);
  state.numbers = shape.length === 2 ? "article" : negative ? "normal" : "uniform";
  state.shape = shape.join("x");
  state.share = "";
}

/** Other numbers begin as those that are there. */
function renumber(before) {
  const shape = before?.shape.length > 1 ? before.shape : [1, 1, ...(before?.shape ?? [])].slice(-2);
  if (state.numbers in MADE && product(shape) <= CELLS && shape.every(size => size <= SIDE))
    state.shape = shape.join("x");
  if (state.numbers === "own" && !state.data && before) state.data = written(before.sent.input).replaceAll(/\s+/g, "");
  state.share = "";
}

const FOLLOWS = { variant: () => adapt(), numbers: () => renumber(seen) };

const NAMES = { from: "the seed", shape: "the sizes", block: "the side" };

function changed(name, text) {
  try {
    state[name] = READ[name](text);
    fault(name, "");
  } catch (error) {
    return fault(name, error.message.startsWith("must") ? `${NAMES[name] ?? name} ${error.message}` : error.message);
  }
  FOLLOWS[name]?.();
  if (FOLLOWS[name]) fill();
  else if (name === "last") arrange();
  refresh();
}

function input(event) {
  const { target } = event;
  if (target.id === "slider") $("p").value = target.value;
  if (target.id === "p") $("slider").value = target.value;
  if (target.dataset.field === "shape")
    return changed("shape", [...$("axes").querySelectorAll("input")].map(field => field.value).join("x"));
  if (target.id === "slider") return changed("p", target.value);
  if (target.form === controls && target.name in READ) changed(target.name, valueOf(target));
}

function redraw() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  $("seed").value = String((high % 1000) * 1000 + (low % 1000)); // short, to be told to others
  changed("seed", $("seed").value);
  remember();
}

function load() {
  const [found, wrong] = readAddress(location.hash);
  state = found;
  if (!new URLSearchParams(location.hash.slice(1)).has("numbers")) adapt(state.block);
  faultless(controls);
  fill();
  chooseView($(`tab-${state.view}`));
  refresh().then(() => {
    show("notice", wrong.length ? `The address is not understood in all: ${wrong.join(" ")}` : $("notice").textContent);
    if (wrong.length) say($("notice").textContent);
    arrange();
  });
}

// ---------------------------------------------------------------- verify

const MANY = 100_000;
const claim = name => $(`v-${name}`);
const OWN = {
  scaling: text => text,
  noise_shape: text => text.trim() && JSON.parse(`[${text.replaceAll(/[[\]]/g, "")}]`),
  channels_last: text => text === "true" || "",
  block_size: Number,
};

function claimed(name, read) {
  try {
    return read($(name).value);
  } catch (error) {
    throw Object.assign(new Error(error.message), {
      faults: [{ pointer: `/${name.replace("v-", "")}`, message: error.message }],
    });
  }
}

function claims() {
  const row = layers[claim("variant").value],
    own = Object.entries(OWN).filter(([name]) => takes(name, row));
  const fields = own.map(([name, read]) => [name, claimed(`v-${name}`, read)]).filter(([, value]) => value !== "");
  return {
    input: claimed("v-input", text => parse(text, MANY)),
    output: claimed("v-output", text => parse(text, MANY)),
    p: claimed("v-p", READ.p) && Number(claim("p").value),
    training: claim("training").value === "train",
    variant: row.name,
    ...Object.fromEntries(fields),
  };
}

async function verify() {
  faultless($("claim"));
  $("findings").hidden = true;
  try {
    const reply = await ask("/v1/dropout/verify", written(claims()));
    back();
    show("notice", "");
    report(reply);
  } catch (error) {
    const unbuilt = error.status === 404 || error.status === 405;
    const told = unbuilt ? new Error("This server does not verify yet.") : error;
    const name = trouble(told, verify, part =>
      $(`v-${part}`) ? `v-${part}` : part === "outputs" ? "v-output" : undefined,
    );
    if (name) $(name).focus();
  }
}

const VERDICTS = {
  pass: "Pass: no fault seen",
  fail: "Fail",
  inconclusive: "Inconclusive: no fault seen, and too few numbers to be sure",
};
const text = value =>
  value === null || value === undefined
    ? "–"
    : typeof value === "number"
      ? number(value)
      : typeof value === "string"
        ? value
        : written(value).replaceAll("\n", "");

function report({ verdict, findings = [], checks = [] }) {
  const finding = ({ code, message, expected, seen: was, p_value: chance, type }) =>
    element(
      "li",
      {},
      element("strong", {}, message),
      element("br"),
      `Expected ${text(expected)}, seen ${text(was)}; p-value ${text(chance)}. `,
      element("a", { href: type ?? `/findings/${code}` }, code),
    );
  const check = ({ name, law, statistic, p_value: chance, detectable }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, text(name).replaceAll("_", " "), element("small", {}, text(law))),
      ...[text(statistic), text(chance), text(detectable?.message)].map(cell => element("td", {}, cell)),
    );
  const head = element(
    "tr",
    {},
    ...["check", "statistic", "p-value", "what it could have seen"].map(name => element("th", { scope: "col" }, name)),
  );
  $("findings").replaceChildren(
    element("h2", { className: `verdict ${verdict}` }, VERDICTS[verdict] ?? verdict),
    element("ul", {}, ...findings.map(finding)),
  );
  if (checks.length)
    $("findings").append(
      element("h3", {}, "What was looked at"),
      element(
        "div",
        { className: "wide", tabIndex: 0, role: "region", aria: { label: "Checks" } },
        element(
          "table",
          { className: "checks" },
          element("thead", {}, head),
          element("tbody", {}, ...checks.map(check)),
        ),
      ),
    );
  $("findings").hidden = false;
  $("findings").focus();
  say(`${VERDICTS[verdict] ?? verdict}. ${findings.map(({ message }) => message).join(" ")}`);
}

function present(
  input,
  output,
  {
    p,
    variant = "dropout",
    training = true,
    scaling = "inverted",
    noise_shape: shared,
    channels_last: last,
    block_size: block,
  },
) {
  const values = {
    input: written(input),
    output: written(output),
    p,
    variant,
    training: training ? "train" : "eval",
    scaling,
  };
  const more = {
    noise_shape: shared ? written(shared) : "",
    channels_last: String(last ?? false),
    block_size: block ?? 2,
  };
  for (const [name, value] of Object.entries({ ...values, ...more })) claim(name).value = value;
  arrangeClaim();
  return verify();
}

/** A layer that takes the probability to keep for the one to drop: 2,000 numbers of it. */
async function swapped() {
  try {
    const claimed = 0.4,
      x = nest(
        made("uniform", "7", 2000).map(value => +value.toFixed(4)),
        [50, 40],
      );
    const { output } = await ask("/v1/dropout", written({ input: x, p: 1 - claimed, seed: 7, include: ["output"] }));
    await present(x, output, { p: claimed });
  } catch (error) {
    trouble(error, swapped, () => undefined);
  }
}

function arrangeClaim() {
  for (const field of document.querySelectorAll("[data-of]"))
    field.hidden = !takes(field.dataset.of, layers[claim("variant").value]);
}

async function take(file, id) {
  try {
    const buffer = await file.arrayBuffer(),
      magic = new TextDecoder("latin1").decode(buffer.slice(1, 6));
    const array = magic === "NUMPY" ? fromNpy(buffer) : parse(new TextDecoder().decode(buffer), MANY);
    $(id).value = written(array);
    $(id).dataset.read = file.name;
    fault(id, "");
  } catch (error) {
    fault(id, error.message);
  }
}

function prepareVerify() {
  $("claim").addEventListener("submit", event => {
    event.preventDefault();
    verify();
  });
  claim("variant").addEventListener("change", arrangeClaim);
  $("own").addEventListener("click", () => seen && present(seen.sent.input, seen.reply.output, seen.sent));
  $("wrong").addEventListener("click", swapped);
  for (const field of document.querySelectorAll(".drop")) {
    const id = field.dataset.into,
      over = on => event => {
        event.preventDefault();
        field.classList.toggle("over", on);
      };
    $(`${id}-file`).addEventListener("change", event => event.target.files[0] && take(event.target.files[0], id));
    field.addEventListener("dragover", over(true));
    field.addEventListener("dragleave", over(false));
    field.addEventListener("drop", event => {
      over(false)(event);
      if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0], id);
    });
  }
}

// ---------------------------------------------------------------- all together

function draw() {
  if (!canvases.input) prepareMaps(); // until then the example as it was served is there to read
  if (at !== null && at >= seen.x.length) at = null;
  drawMaps();
  drawArithmetic();
  drawSentences();
  drawSpread();
  drawTables();
  drawCode();
  if (state.numbers === "own") arrange();
  document.dispatchEvent(new Event("drawn"));
}

function redrawn() {
  readColours();
  if (!seen || state.view !== "see") return;
  drawMaps();
  drawArithmetic();
  drawSpread();
  if (experiment) drawRuns();
}

async function start() {
  try {
    const [table, bounds] = await Promise.all([ask("/v1/variants"), ask("/v1/limits")]);
    layers = Object.fromEntries(table.variants.map(row => [row.name, row]));
    limits = bounds;
  } catch (error) {
    return trouble(error, start, () => undefined);
  }
  READ.variant = among(...Object.keys(layers));
  for (const select of [$("variant"), claim("variant")])
    select.replaceChildren(...Object.keys(layers).map(name => element("option", {}, name)));
  arrangeClaim();
  load();
}

readColours();
prepareCode();
prepareVerify();
controls.addEventListener("submit", event => event.preventDefault());
document.addEventListener("input", input);
document.addEventListener("change", event => event.target.form === controls && remember());
$("redraw").addEventListener("click", redraw);
$("shown").addEventListener("toggle", drawTables);
addEventListener("hashchange", load);
addEventListener("resize", redrawn);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawn);
start();
