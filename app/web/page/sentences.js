/** What a call and its reply come to, in words; app/web/first.py has the same words for the example. */

import { indexOf } from "./arrays.js";
import { takes } from "./fields.js";
import { extent, mean, number, percent } from "./numbers.js";

/** The sentences that stand in the page, by their places. */
export function captions(seen) {
  const { input, output } = seen.reply.statistics;
  return {
    shares: shares(seen),
    statistics: seen.reply.replay.training ? counted(seen) : unchanged(seen),
    "input-under": `mean ${number(input.mean)}`,
    "mask-under": seen.kept ? `${kept(seen)} of ${seen.kept.length} kept` : `mean ${number(mean(seen.noise))}`,
    "output-under": `mean ${number(output.mean)}`,
  };
}

const kept = seen => seen.kept.filter(Boolean).length;

function shares({ kept, reply: { layer, replay } }) {
  const { p } = replay;
  if (!kept) return `drops nothing · noise of variance p/(1 − p) = ${number(p / (1 - p))}`;
  const scale = layer.scale === null ? "no scale: 1/(1 − 1) has no value" : `scale ${layer.scale.toFixed(3)}`;
  return `drops ${percent(p)} · keeps ${percent(1 - p)} · ${scale}`;
}

function counted({ variant, reply: { statistics, replay } }) {
  const { decisions, dropped, drop_rate: rate, expected_drop_rate_interval: interval } = statistics;
  if (!decisions) return "Nothing is dropped.";
  const told = `${dropped} of ${decisions} decisions were to drop, ${percent(rate)}.`;
  if (takes(variant, "block_size")) return `${told} Each drops a block.`;
  const [low, high] = interval.map(percent);
  return `${told} At p = ${number(replay.p)} it is ${low} to ${high}, 99 times of 100.`;
}

function unchanged({ x, y }) {
  const same = y.every((value, k) => Object.is(value, x[k]));
  const told = same ? "the output is the input, bit for bit" : "every number is scaled";
  return `In evaluation nothing is dropped: ${told}.`;
}

/** The numbers in the answers to questions, by their names in the page. */
export function answers({ x, kept, reply: { replay, statistics } }) {
  const { p } = replay;
  const inverse = share => (share ? number(1 / share) : "1 ÷ 0, which has no value");
  return {
    ...{ p: number(p), keep: number(1 - p), share: percent(p), left: percent(1 - p) },
    ...{ scale: inverse(1 - p), swapped: inverse(p) },
    ...{ count: String(x.length), gone: String(kept ? kept.filter(keep => !keep).length : 0) },
    ...{ mean: number(statistics.input.mean), less: number(statistics.input.mean * (1 - p)), first: number(x[0]) },
  };
}

/** What each map shows, for those who don't see it. */
export function summaries(seen) {
  const of = (name, values) =>
    `${name}: ${seen.shape.join(" × ")} numbers ${extent(values)}, mean ${number(mean(values))}`;
  return {
    input: of("input", seen.x),
    mask: seen.kept
      ? `mask: ${seen.kept.length - kept(seen)} of ${seen.kept.length} dropped`
      : of("factors", seen.noise),
    output: of("output", seen.y),
  };
}

/** How an output comes about: the steps of one element. */
export function arithmetic(seen, k) {
  const { layer, replay } = seen.reply;
  const [where, x, y] = [`[${indexOf(k, seen.shape).join(", ")}]`, number(seen.x[k]), number(seen.y[k])];
  if (!replay.training)
    return `${where} evaluation: ${x} ${layer.scale === 1 ? "stays" : `· ${number(layer.scale)} =`} ${y}`;
  if (!seen.kept) return `${where}: ${x} · ${number(seen.noise[k])} = ${y}`;
  if (seen.kept[k]) return `${where} kept: ${x} · ${factor(layer)} = ${y}`;
  const shifted = layer.shift !== undefined && replay.p !== 1;
  return `${where} dropped: ${x} ${shifted ? "becomes" : "· 0 ="} ${y}`;
}

function factor({ scale, shift, keep_prob: keep }) {
  if (shift !== undefined) return `${number(scale)} + ${number(shift)}`;
  const divided = scale !== 1 && Math.abs(scale * keep - 1) < 1e-9;
  return divided ? `1 ÷ ${number(keep)}` : number(scale);
}
