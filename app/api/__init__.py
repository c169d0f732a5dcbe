"""HTTP.

calls        POST /v1/dropout and below it, POST /v2/models/{model}/infer
perform      what each of them goes through
models       the rest of /v2
usage        what /v2/models/stats tells
about        GET /v1/variants, /v1/limits, /problems/{code}, /findings/{code}
health       GET /health/live, /health/ready, /metrics
pages        GET /docs
playground   GET /, and its files

route        routes that take the request as it is, and the way to them
application  FastAPI, with its middlewares around it
access       a request id on every reply, a line of log a request
keys         who may call
cors         which pages of others may call
root_path    the path below which a proxy puts the service

headers      a request's header fields
body         a request's body: its type, its size, its compression
accept       the forms of a reply a client takes
admission    which calls are taken in
pool         where work is done: at once if small, else in a thread
response     the reply that carries a format's, compressed or not
problems     errors as problem+json
browser      what a browser is told with each file of a page

service      what all requests share
metrics      what is counted
siblings     what processes that serve side by side have counted together
document     the OpenAPI document
examples     the requests shown in it
"""
