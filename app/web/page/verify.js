/** Verification: what a layer is claimed to be, and arrays that went through it. */

import { fault, faultless, show } from "./announcements.js";
import { nest } from "./arrays.js";
import { CLAIMS, arrayIn, isClaimable, textsOf } from "./claims.js";
import { $, fieldOf } from "./elements.js";
import { seen } from "./figure.js";
import { report } from "./findings.js";
import { fromNpy, isNpy } from "./npy.js";
import { draw } from "./philox.js";
import { Refusal } from "./rules.js";
import { ask, back, layers, trouble } from "./service.js";
import { written } from "./text.js";

const field = name => $(`v-${name}`);
const claimed = () => Object.keys(CLAIMS).filter(name => isClaimable(name, layers[field("variant").value]));

/** Show the fields that mean something for the layer. */
function arrangeClaims() {
  for (const name of Object.keys(CLAIMS)) field(name).closest(".field").hidden = !claimed().includes(name);
}

function read(name) {
  try {
    return CLAIMS[name].read(field(name).value);
  } catch ({ message }) {
    throw new Refusal(message, { faults: [{ pointer: `/${name}`, message }] });
  }
}

async function verify() {
  faultless($("claim"));
  $("findings").hidden = true;
  try {
    const claims = claimed().map(name => [name, read(name)]);
    const given = claims.filter(([, value]) => value !== undefined);
    const reply = await ask("/v1/dropout/verify", Object.fromEntries(given));
    back();
    show("notice", "");
    report(reply);
  } catch (error) {
    const place = trouble(error, verify, name => (name in CLAIMS ? `v-${name}` : undefined));
    if (place) $(place).focus();
  }
}

/** Fill in what a call had and gave, and verify it. */
function present(call) {
  for (const [name, text] of Object.entries(textsOf(call))) field(name).value = text;
  arrangeClaims();
  return verify();
}

const P = 0.4;

/** Layers with a fault, one each: what they do, in fields of a call, and what else is claimed of them. */
const FAULTS = {
  swapped: { does: { p: 1 - P } },
  unscaled: { does: { scaling: "none" } },
  awake: { does: {}, claims: { training: false } },
  frozen: { does: { noise_shape: [1, null] } },
};

/** Verify a layer with a fault, by 2,000 numbers. */
async function presentWrong(name) {
  const { does, claims = {} } = FAULTS[name];
  const drawn = draw("uniform", "7", 2000).map(value => +value.toFixed(4));
  const input = nest(drawn, [50, 40]);
  try {
    const { output } = await ask("/v1/dropout", { input, p: P, seed: 7, ...does, include: ["output"] });
    await present({ input, output, p: P, ...claims });
  } catch (error) {
    trouble(error, () => presentWrong(name));
  }
}

/** From elsewhere on the page: turn to this view first. */
function turnToFault({ target }) {
  $("tab-verify").click();
  presentWrong(target.dataset.fault);
}

/** Read a file into a field. */
async function take(file, id) {
  try {
    const buffer = await file.arrayBuffer();
    const array = isNpy(buffer) ? fromNpy(buffer) : arrayIn(new TextDecoder().decode(buffer));
    $(id).value = written(array);
    $(id).dataset.read = file.name;
    fault(id, "");
  } catch (error) {
    fault(id, error.message);
  }
}

/** Take files that are chosen for a field, or dropped on it. */
function prepareFiles(place) {
  const { id } = place.querySelector("textarea");
  const over = on => event => {
    event.preventDefault();
    place.classList.toggle("over", on);
  };
  const takeFirst = ([file]) => file && take(file, id);
  place.querySelector("[type=file]").addEventListener("change", ({ target }) => takeFirst(target.files));
  place.addEventListener("dragover", over(true));
  place.addEventListener("dragleave", over(false));
  place.addEventListener("drop", over(false));
  place.addEventListener("drop", ({ dataTransfer }) => takeFirst(dataTransfer.files));
}

/** Make the fields of claims that the markup has none of. */
function makeClaims() {
  for (const [name, { control, write, usual }] of Object.entries(CLAIMS)) {
    if (!control) continue;
    document.querySelector("#claim .claims").append(fieldOf(`v-${name}`, name, control));
    field(name).value = write(usual);
  }
}

export function prepareVerify() {
  makeClaims();
  arrangeClaims();
  $("claim").addEventListener("submit", verify);
  field("variant").addEventListener("change", arrangeClaims);
  $("own").addEventListener("click", () => seen && present({ ...seen.sent, output: seen.reply.output }));
  $("wrong").addEventListener("click", () => presentWrong("swapped"));
  for (const button of document.querySelectorAll("[data-fault]")) button.addEventListener("click", turnToFault);
  document.querySelectorAll(".drop").forEach(prepareFiles);
}
