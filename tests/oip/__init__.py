"""A conformance suite for the Open Inference Protocol, version 2, over HTTP: of any server and any model.

It holds a server to the protocol and to the extensions that the server announces, above all binary tensor data. It
knows nothing of the server: requests are made from what the model's own metadata say. In the repository it lives in it
tests that repository's service, and skips nothing; a copy of this folder tests what you name:

    pip install pytest httpx numpy
    OIP_URL=http://localhost:8000 pytest oip

OIP_URL         where the server is; what stands before /v2
OIP_MODEL       a model of it; without one, the first that POST /v2/repository/index lists
OIP_VERSION     a version of the model, if the server shall not choose one
OIP_PARAMETERS  request parameters as a JSON object: those that make the model repeat its answers, or that it needs
OIP_HEADERS     HTTP headers for every request as a JSON object, such as Authorization
OIP_EXTENSIONS  extensions that the server has without announcing them, as KServe has binary_tensor_data
OIP_ON_REQUEST  outputs that come only if they are named, with commas between: the one deviation that can be allowed
OIP_STRICT      1: what would be skipped fails

The model needs one input or more, described in its metadata, and answers while these are small: axis 0 has 2 elements
and others 3 where the shape says -1, numbers are 0 to 6 (in quarters if floating), strings are short. Inputs that its
configuration calls optional are left out. Nothing else should ask the model meanwhile, for its inferences are counted.

A test of what a server does not have is skipped, and says what that is (`pytest -rs`): an extension that it does not
announce, versions, a second output, answers that repeat. The rest is law, and each test names its source:

OIP       github.com/kserve/open-inference-protocol, inference_rest.md, with required_api.md of kserve/kserve from which
          it comes, where datatypes, parameters and tensor data are described
Triton    github.com/triton-inference-server/server, docs/protocol: the extensions
RFC       9110 and 9112: HTTP, which carries it all

Tests marked `robust` go beyond that: errors that tell the client's mistakes from the server's, and what clients were
written for that know Triton only. `-m "not robust"` leaves them out.

model          the model under test: its requests, its replies
test_metadata  health, metadata, and what they say of extensions
test_infer     inference in JSON: what is answered, what is refused
test_binary    inference with binary tensor data
test_http      how HTTP carries it: media types, query strings, chunks, compression
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.model")
