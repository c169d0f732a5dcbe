"""Bytes ↔ values.

fields      the fields of a call: pydantic, strict
job         what is done: the layer, its gradient, its mask; and what the parts are called then
call        a call, and what the reply tells of it
limits      how much may be asked for

codec       what a format is: a media type, decode and encode
media       the formats of /v1, a row each
json        JSON: requests and replies
envelope    a body's fields, its arrays lifted out
array       an array's field in such a body
text        arrays as JSON text: skeletons and pieces
parse       text → array
diagnosis   what is wrong with a text, and where
npy         numpy's file format
npz         numpy's archives of such files
raw         elements as they are
binary      what those two have in common
memory      bytes ↔ arrays as they lie in memory
query       a URL's query → the fields beside a binary body
masks       a mask without an array
simulation  experiments
verification what a dropout is held against
oip         the Open Inference Protocol: a room of its own

reply       the JSON reply's parts, for the documentation
schema      their JSON Schemas
"""
