"""The Open Inference Protocol, version 2, with the binary tensor extension: NVIDIA Triton's and KServe's.

request     an inference request, as pydantic models
tensor      tensors ↔ arrays: JSON or binary
inputs      a request's tensors → arrays
infer       an inference: a request's body → a call; its result → a reply
metadata    what the server tells of itself and its models

Source: github.com/kserve/open-inference-protocol; of the extensions, Triton's docs/protocol.
"""
