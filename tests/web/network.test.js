/** The network of the page: its law of masks, what it learns, and what its thinned networks come to. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NETWORKS, answering, ensemble, spread, wiringOf } from "../../app/web/page/ensemble.js";
import { ACTIVATIONS, POINTS, SCALES, initial, masks, pass, sizesOf, trained } from "../../app/web/page/network.js";
import { mean } from "../../app/web/page/numbers.js";
import { decisions } from "../../app/web/page/philox.js";

const STATE = { p: "0.4", seed: "42", scaling: "inverted", depth: "3", width: "4", activation: "relu", weights: "5" };
const isNear = (value, wanted, slack = 1e-12) => assert.ok(Math.abs(value - wanted) <= slack, `${value} ${wanted}`);

test("a layer's mask is the service's, its number the stream and the step the sample", () => {
  const [first, second] = masks([1, 4, 4, 1], 0.4, "42", 7);
  assert.deepEqual(first, decisions(0.4, { seed: "42", stream: 1, sample: 7 }, 4));
  assert.deepEqual(second, decisions(0.4, { seed: "42", stream: 2, sample: 7 }, 4));
});

test("a pass is sums and masks: worked out by hand", () => {
  const net = [
    [
      [2, 1],
      [-1, 0],
    ],
    [[1, 1, 0.5]],
  ];
  const whole = pass(net, 3, ACTIVATIONS.relu, 1);
  assert.deepEqual(whole.values, [[3], [7, 0]]);
  assert.equal(whole.output, 7.5);
  assert.equal(pass(net, 3, ACTIVATIONS.linear, 2, [[false, true]]).output, -5.5);
});

test("the same seed gives the same weights, and training changes them", () => {
  const wiring = wiringOf(STATE);
  assert.deepEqual(trained(wiring), trained(wiring));
  assert.notDeepEqual(trained(wiring), initial(sizesOf(wiring), wiring.weights));
});

test("without dropout it learns its points", () => {
  const net = trained({ ...wiringOf(STATE), p: 0, width: 8 });
  for (const [x, y] of POINTS) isNear(pass(net, x, ACTIVATIONS.relu, 1).output, y, 0.6);
});

test("the average is that of all masks one by one", () => {
  const { drawn, thinned, average } = ensemble({ ...wiringOf(STATE), depth: 2, width: 3 });
  const masks = Array.from({ length: 8 }, (_, bits) => [0, 1, 2].map(unit => Boolean((bits >> unit) & 1)));
  const chance = mask => mask.reduce((all, keep) => all * (keep ? 0.6 : 0.4), 1);
  const wanted = masks.reduce((sum, mask) => sum + chance(mask) * thinned(1, [mask]).output, 0);
  isNear(average(1), wanted);
  isNear(mean(drawn.map(kept => thinned(1, kept).output)), wanted, 0.3);
});

for (const scaling of Object.keys(SCALES))
  test(`linear units average to the whole network, but where nothing makes up for the loss: ${scaling}`, () => {
    const network = ensemble(wiringOf(STATE));
    const { average, whole } = answering(network.net, { ...network, activation: "linear", scaling });
    const apart = Math.abs(average(1) - whole(1).output);
    assert.equal(apart < 1e-9, scaling !== "none");
  });

test("thinned networks scatter more where there was nothing to learn", () => {
  const network = ensemble({ ...wiringOf(STATE), width: 6 });
  assert.equal(network.drawn.length, NETWORKS);
  assert.ok(spread(network, 3.5).deviation > 1.5 * spread(network, 0.8).deviation);
});

test("with everything dropped a network answers the same everywhere", () => {
  const { thinned, drawn, average } = ensemble({ ...wiringOf(STATE), p: 1 });
  assert.equal(thinned(1, drawn[0]).output, thinned(-3, drawn[1]).output);
  isNear(average(1), thinned(1, drawn[0]).output);
});
