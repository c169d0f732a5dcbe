/** Layers as GET /v1/variants describes them: what the page's modules look at. */

const layer = (name, parameters, example) => [name, { name, parameters, example }];

export const LAYERS = Object.fromEntries([
  layer("dropout", ["scaling", "noise_shape", "mask"], { input: [[1, 2]] }),
  layer("dropout1d", ["scaling", "channels_last", "mask"], { input: [1, 1, 1, 1], shape: [1, 2, 2] }),
  layer("feature_alpha_dropout", ["mask"], { input: [[[-1, 0]], [[1, 2]]] }),
  layer("gaussian_dropout", [], { input: [[1, 2]] }),
  layer("drop_block2d", ["block_size", "mask"], { input: [1, 1, 1, 1], shape: [1, 1, 2, 2], block_size: 1 }),
]);
