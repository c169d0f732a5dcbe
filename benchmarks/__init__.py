"""How fast it is, beside what one would use instead: `python -m benchmarks`.

Services, each with dropout as most would write it:

plain_server      FastAPI
bare_server       parts of it alone
mlserver_model    MLServer
bentoml_service   BentoML
litserve_server   LitServe
echo_server       what no service can do without: receiving, and sending back
shedding_server   the same under more load than can be borne: refusing
servers           all of them, each in processes of its own
process           their time and memory

What they are asked:

arrays            what is sent, and what has to come back
request           how it is written
ask               how it is sent
reply             how it is read
way               every service with every transport that it has

What is measured:

contest           every way at every size: time, memory, and whether the reply is right
targets           what these have to be, beside each other
http              small requests, many clients at a time
load              those clients, cheap enough that the server is what is measured
health            a health check beside large requests
rooms             the way of a small request through the house
core              the core, PyTorch and plain numpy
experiment        experiments, the same

How it is told:

comparison        the measurements of two, and whether the target is met
bound             a figure and its limit
table             a table
results           all tables
quote             those that a page quotes
curves            the contest drawn
svg               a picture of curves
"""
