/** The key that a service may want: asked for once it does, sent with each call, and kept for this tab alone. */

import { fault, say } from "./announcements.js";
import { $ } from "./elements.js";

const NAME = "dropout-key";
const storage = storageOfTab();

/** A browser that keeps nothing, not even for a tab, throws at the name alone. */
function storageOfTab() {
  try {
    return sessionStorage;
  } catch {
    return {};
  }
}

/** The key that is sent now, if there is one. */
export const key = () => storage[NAME];

let asked = null;

/** Ask people for another key than the one that was refused; all calls that it was refused to wait for the same. */
export function askForKey(refused) {
  if (key() !== refused) return undefined; // there is another by now
  asked ??= new Promise(resolve => {
    const message = refused ? "This key does not fit." : "";
    $("unlock").hidden = false;
    $("unlock").addEventListener("submit", () => resolve(take()), { once: true });
    fault("key", message);
    say(`${message} The service asks for a key.`);
    $("key").focus();
  });
  return asked;
}

function take() {
  storage[NAME] = $("key").value.trim();
  $("key").value = "";
  $("unlock").hidden = true;
  fault("key", "");
  asked = null;
}
