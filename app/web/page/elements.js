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
