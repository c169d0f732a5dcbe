"""Dropout, exactly, over HTTP.

The house, from the door to the cellar; each floor knows only those below it:

    main        wires the application together
    server      connections and processes: deadlines, HTTP's edges, ends that lose nothing
    settings    every setting, its default and its meaning
    log         the log's two forms
    memory      how much there is, and how what is free goes back
    api         HTTP: routes, limits of time and size, problems; never looks inside an array
    web         the playground: a page, its style, its script; a client like any other
    wire        bytes ↔ values: request and reply models, and a module for each format
    verify      what is wrong with a dropout: arrays and a claim in, findings out
    core        dropout itself: arrays in, arrays out
    errors      what can be wrong, in words
"""

from typing import Final

__version__: Final = "0.1.0"
