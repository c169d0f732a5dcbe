"""What became of each element: kept by a rule, dropped, or something else; and which mistake that is.

floats      float types, and the last places they have
printed     numbers with few digits
rules       what a layer makes of an element, by right and by mistake
reading     each element: kept, dropped, or something else
grid        which mistake explains rate and scale
elements    checks of elements
words       what is said of rates and rules
"""
