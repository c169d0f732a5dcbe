/** Elements of the page: found, and made. Text goes in as text; nothing becomes markup. */

export const $ = id => document.getElementById(id);

export function element(name, { role, dataset, aria, ...own } = {}, ...children) {
  const made = Object.assign(document.createElement(name), own);
  if (role) made.setAttribute("role", role);
  for (const [key, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${key}`, value);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

/** A field: a label, a control, and a place for what is wrong with it. */
export function fieldOf(id, label, { tag = "input", options = [], ...own }) {
  const choices = options.map(([value, text = value]) => element("option", { value }, text));
  const control = element(tag, { id, aria: { describedby: `${id}-error` }, ...own }, ...choices);
  const both =
    own.type === "checkbox"
      ? [element("label", {}, control, ` ${label}`)]
      : [element("label", { htmlFor: id }, label), control];
  const fault = element("p", { className: "error", id: `${id}-error`, hidden: true });
  return element("div", { className: "field", hidden: true }, ...both, fault);
}

export const row = (...cells) => element("tr", {}, ...cells);
export const cell = (text, properties = {}) => element("td", properties, text);
export const heading = (scope, ...children) => element("th", { scope }, ...children);

/** A table that may be wider than the page, and is scrolled by itself, by keys too. */
export const scrolled = (label, table, properties = {}) =>
  element("div", { tabIndex: 0, role: "region", aria: { label }, ...properties }, table);

/** A part of a drawing. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Take a value into a control, as if it was put in by hand. */
export function enter(control, text) {
  control.value = text;
  control.dispatchEvent(new Event("input", { bubbles: true }));
}
