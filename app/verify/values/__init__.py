"""What became of each element: kept by a rule, dropped, or something else; and which mistake that is.

rules      what a layer makes of an element, by right and by mistake
printed    numbers with few digits
reading    each element: kept, dropped, or something else
scale      checks of values, and the words for rate and scale
grid       which mistake explains rate and scale
"""
