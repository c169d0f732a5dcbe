"""How fast it is, beside what one would use instead: `python -m benchmarks`.

plain_server  what one would write instead
servers       both services, each in a process of its own
load          many clients at a time, cheap enough that the server is what is measured
http          both services, small requests and large
core          the core, PyTorch and plain numpy
comparison    the measurements of two, and whether the target is met
"""
