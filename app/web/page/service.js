/** The service: what it is asked, what it says of itself, and what is done where it does not answer as asked. */

import { fault, say, show } from "./announcements.js";
import { $ } from "./elements.js";
import { askForKey, key } from "./key.js";
import { Refusal } from "./rules.js";
import { written } from "./text.js";

/** The layers by their names, and how much a call may ask for: nothing until the service has said it. */
export let layers = {};
export let limits = null;

/** Where a path of the service is: this module lies one folder below its root, which a proxy may put anywhere. */
export const addressOf = path => new URL(`..${path}`, import.meta.url).href;

export async function learn() {
  const [{ variants }, bounds] = await Promise.all([ask("/v1/variants"), ask("/v1/limits")]);
  layers = Object.fromEntries(variants.map(variant => [variant.name, variant]));
  limits = bounds;
}

export async function ask(path, call) {
  const used = key();
  const reply = await fetch(addressOf(path), sent(call, used)).catch(() => {
    throw new Refusal("The service does not answer.", { again: 2 });
  });
  if (reply.ok) return reply.json();
  if (reply.status !== 401) throw await refusal(reply);
  await askForKey(used);
  return ask(path, call);
}

function sent(call, used) {
  const headers = used ? { Authorization: `Bearer ${used}` } : {};
  if (!call) return { headers };
  return { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: written(call) };
}

async function refusal(reply) {
  if (reply.status === 503)
    return new Refusal("The service is busy.", { again: Number(reply.headers.get("Retry-After")) || 1 });
  const problem = await reply.json().catch(() => ({})); // what stands before the service may answer otherwise
  return new Refusal(problem.detail ?? `The service answered ${reply.status}.`, { faults: problem.errors });
}

/**
 * Tell what went wrong, at the places of its fields or above all; or try again, where that may help.
 * What is returned is the first of the places.
 */
export function trouble(error, retry, placeOf = () => undefined) {
  if (!(error instanceof Refusal)) throw error; // the page's own mistake
  if (error.again) return later(error.message, error.again, retry);
  back();
  const told = error.faults.map(({ pointer, message }) => ({ place: placeOf(pointer.split("/")[1] ?? ""), message }));
  const placed = told.filter(({ place }) => place);
  for (const { place, message } of placed) fault(place, message);
  if (!placed.length) {
    show("notice", error.message);
    say(error.message);
  }
  return placed[0]?.place;
}

let clock;

/** Say why it has to wait, count down, try again. */
function later(message, seconds, retry) {
  clearTimeout(clock);
  if ($("away").hidden) say(message);
  show("away", `${message} Trying again in ${seconds} s.`);
  clock = setTimeout(() => (seconds > 1 ? later(message, seconds - 1, retry) : retry()), 1000);
}

/** There was an answer. */
export function back() {
  clearTimeout(clock);
  if (!$("away").hidden) say("The service is back.");
  show("away", "");
}
