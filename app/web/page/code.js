/** The code that gives the numbers on the page, in the language that is chosen. */

import { say, show } from "./announcements.js";
import { $, element } from "./elements.js";
import { seen } from "./figure.js";
import { key } from "./key.js";
import { addressOf } from "./service.js";
import { LANGUAGES } from "./snippets.js";
import { tabs } from "./tabs.js";

let language;

export function drawCode() {
  if (!seen) return;
  const { about, code } = LANGUAGES[language];
  $("code").textContent = code({ ...seen, url: addressOf("/v1/dropout"), locked: Boolean(key()) });
  show("code-about", about);
}

async function copy() {
  try {
    await navigator.clipboard.writeText($("code").textContent);
  } catch {
    getSelection().selectAllChildren($("code")); // over plain HTTP, or in another's frame, this is all there is
    document.execCommand("copy");
  }
  $("copy").textContent = "Copied";
  say("Copied", 0);
  setTimeout(() => ($("copy").textContent = "Copy"), 2000);
}

const tabOf = ([key, { name }]) =>
  element("button", { type: "button", id: `language-${key}`, role: "tab", aria: { controls: "code-panel" } }, name);

export function prepareCode() {
  $("languages").append(...Object.entries(LANGUAGES).map(tabOf));
  const choose = tabs($("languages"), tab => {
    language = tab.id.replace("language-", "");
    $("code-panel").setAttribute("aria-labelledby", tab.id);
    drawCode();
  });
  choose($("languages").firstElementChild);
  $("copy").addEventListener("click", copy);
}
