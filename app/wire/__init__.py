"""Bytes ↔ values.

fields      the fields of a call: pydantic, strict
call        a call, and what the reply tells of it
json        the JSON format: requests and replies
envelope    a body's fields, its arrays lifted out
text        arrays as JSON text: skeletons and pieces
parse       text → array
diagnosis   what is wrong with a text, and where
reply       the reply's parts, for the documentation
schema      their JSON Schemas
limits      how much may be asked for
"""
