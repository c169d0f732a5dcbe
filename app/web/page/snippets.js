/** Code in five languages that gives the numbers on the page: by the same call, or by the law without a service. */

import { byHand } from "./numpy.js";
import { PYTHON_WORDS, written } from "./text.js";

const lines = (...parts) => `${parts.filter(Boolean).join("\n")}\n`;
const paragraph = part => part && `\n${part}`;
const PRINT = "print(y.tolist())";

/** In place of a key, which is no part of what is taken along. */
const BEARER = "Bearer YOUR_KEY";

const curl = ({ sent, url, locked }) =>
  lines(
    `curl -s ${url} \\`,
    locked && `  -H 'Authorization: ${BEARER}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '${written(sent, undefined, 6)}'`,
  );

const httpx = ({ sent, url, locked }) =>
  lines(
    "import httpx",
    paragraph(`call = ${written(sent, PYTHON_WORDS, 7)}`),
    locked && `headers = {"Authorization": "${BEARER}"}`,
    `reply = httpx.post("${url}", json=call${locked ? ", headers=headers" : ""}).raise_for_status().json()`,
    'print(reply["output"])',
  );

const javascript = ({ sent, url, locked }) =>
  lines(
    `const call = ${written(sent, undefined, 13)};`,
    `const reply = await fetch("${url}", {`,
    '  method: "POST",',
    `  headers: {${locked ? `"Authorization": "${BEARER}", ` : ""}"Content-Type": "application/json"},`,
    "  body: JSON.stringify(call),",
    "});",
    "console.log((await reply.json()).output);",
  );

const opening = ({ sent }) => `x = np.array(${written(sent.input, PYTHON_WORDS, 12)}, float)
p, seed = ${sent.p}, ${sent.seed}`;

function numpy(seen) {
  const [mask, result] = byHand(seen);
  return lines("import numpy as np", ...[opening(seen), mask, result].map(paragraph), PRINT);
}

function torch(seen) {
  const [mask, result] = byHand(seen);
  const tensors = mask ? "x, mask = torch.from_numpy(x), torch.from_numpy(mask)" : "x = torch.from_numpy(x)";
  const applied = `${tensors}\n${result.replaceAll("np.where", "torch.where")}`;
  return lines("import numpy as np", "import torch", ...[opening(seen), mask, applied].map(paragraph), PRINT);
}

/** Each makes its code of what the page has seen, and of the address that it asked. */
export const LANGUAGES = {
  curl: { name: "curl", about: "What the page has sent.", code: curl },
  httpx: { name: "Python", about: "What the page has sent, with httpx.", code: httpx },
  fetch: { name: "JavaScript", about: "What the page has sent, with fetch.", code: javascript },
  torch: { name: "PyTorch", about: "No service needed: the mask by its law, applied by PyTorch.", code: torch },
  numpy: { name: "numpy", about: "No service needed: the mask by its law.", code: numpy },
};
