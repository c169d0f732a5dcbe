/** What verification has found: the verdict, its sentences, and all that was looked at. */

import { say } from "./announcements.js";
import { $, cell, element, heading, row, scrolled } from "./elements.js";
import { number } from "./numbers.js";
import { written } from "./text.js";

const VERDICTS = {
  pass: "Pass: no fault seen",
  fail: "Fail",
  inconclusive: "Inconclusive: no fault seen, and too few numbers to be sure",
};

/** A value as people read it. */
function text(value) {
  if (value === null) return "–";
  if (typeof value === "number") return number(value);
  return typeof value === "string" ? value : written(value).replaceAll("\n", "");
}

export function report({ verdict, findings, checks }) {
  $("findings").replaceChildren(
    element("h2", { className: `verdict ${verdict}` }, VERDICTS[verdict]),
    element("ul", {}, ...findings.map(told)),
    ...(checks.length ? [element("h3", {}, "What was looked at"), tableOf(checks)] : []),
  );
  $("findings").hidden = false;
  $("findings").focus();
  say(`${VERDICTS[verdict]}. ${findings.map(({ message }) => message).join(" ")}`);
}

function told({ code, message, expected, seen, p_value: chance, type }) {
  return element(
    "li",
    {},
    element("strong", {}, message),
    element("br"),
    `Expected ${text(expected)}, seen ${text(seen)}; p-value ${text(chance)}. `,
    element("a", { href: type }, code),
  );
}

function tableOf(checks) {
  const names = ["check", "statistic", "p-value", "what it could have seen"];
  const head = element("thead", {}, row(...names.map(name => heading("col", name))));
  const body = element("tbody", {}, ...checks.map(lineOf));
  return scrolled("Checks", element("table", { className: "checks" }, head, body), { className: "wide" });
}

function lineOf({ name, law, statistic, p_value: chance, detectable }) {
  const header = heading("row", name.replaceAll("_", " "), element("small", {}, law));
  return row(header, ...[text(statistic), text(chance), detectable.message].map(said => cell(said)));
}
