"""How fast it is, beside what one would use instead: `python -m benchmarks`.

plain_server    what one would write instead
mlserver_model  the same for MLServer, which is what one would install instead
echo_server     what no service can do without: receiving, and sending back
servers         the services, each in a process of its own
load            many clients at a time, cheap enough that the server is what is measured
http            ours and the plain one, small requests and large, in JSON
binary          ours in bytes, through NVIDIA's client and raw
core            the core, PyTorch and plain numpy
comparison      the measurements of two, and whether the target is met
"""
