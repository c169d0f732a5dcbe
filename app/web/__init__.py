"""The playground, a client like any other: it knows of the service what `GET /v1/…` tells everybody.

first       what the page shows before any script: the default example, worked out
index.html  the page, with places for that
picture.png what is shown beside a link to it
page/       what it loads, a folder that is served as it is: its style, and its script in modules
docs/       what the pages of the API have of their own, around Swagger UI

Modules that take values and give values, and are tried without a browser:

numbers, arrays, text, npy    what everything is made of, read and written
philox                        the words of the mask law, and inputs made from them
fields, rules                 the controls, one a row, and what their texts may be
calls, claims                 what the service is asked
layout, sentences, numpy, snippets    what is made of its replies
network, ensemble, remarks    a network that learns in the page, its thinned networks, and what they come to

Modules of the page itself, of which only main knows all:

elements, announcements, tabs         elements, and what is told to people
service, key, state, figure           what answers, and to whom; what is chosen; what was asked last, and answered
controls                              between the state and its elements
maps, canvas, cursor, tables          the figure
charts, spread, runs, experiments     what many masks come to
thinning, steps                       the network, from one thinned one to the next
diagram, distribution, averages, uncertainty    its pictures
code                                  the snippets
verify, findings                      the other view
"""
