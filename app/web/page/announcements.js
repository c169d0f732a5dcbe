/** What the page tells people: in its places, at fields, and by voice. */

import { $ } from "./elements.js";

let waiting;

/** Say it to those who listen: when it has been quiet for a while, and only the last. */
export function say(text, delay = 600) {
  clearTimeout(waiting);
  waiting = setTimeout(() => ($("live").textContent = text), delay);
}

/** Put a text in its place, which is not there without one. */
export function show(id, text) {
  $(id).hidden = !text;
  if ($(id).textContent !== text) $(id).textContent = text;
}

/** Tell what is wrong with a field, or with no message that nothing is; the fields that it describes are marked. */
export function fault(name, message) {
  const id = `${name}-error`;
  if (!$(id)) return; // what can only be chosen can't be wrong
  show(id, message);
  for (const field of document.querySelectorAll(`[aria-describedby~="${id}"]`)) {
    if (message) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  if (message) say(message);
}

export function faultless(form) {
  for (const told of form.querySelectorAll(".error:not([hidden])")) fault(told.id.replace("-error", ""), "");
}
