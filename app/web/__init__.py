"""The playground, a client like any other: it knows of the service what `GET /v1/…` tells everybody.

first        what the page shows before any script: the default example, worked out
index.html   the page, with places for that
style.css    how it looks
script.js    what it does
"""
