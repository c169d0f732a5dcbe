"""Bytes ↔ values.

operations  the calls there are: a table
dropout     the layer on an array: request, reply
backward    its gradient
passes      what both have in common: from a request, in any form, to a reply
mask        its mask
simulate    experiments
verify      what is wrong with a dropout
oip         the Open Inference Protocol: a room of its own
about       what the service tells of itself
problem     errors

task        what a request becomes: work with a cost, and a reply
call        the fields of a request → the core's values; the core's → what replies tell
fields      the fields of requests: pydantic, strict
replies     the types of replies, in common
limits      how much may be asked for
footprint   how much memory that needs
query       a URL's query → fields
schema      the schemas of all that, for the documentation

json        arrays as JSON text: a room
binary      arrays as bytes: a room
"""
