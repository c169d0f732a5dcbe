"""What chance has a part in: decisions, and how likely they are of a correct layer.

tails       p-values of counts, and what a count can show
check       a check and its p-value; Holm's rule for all of them
decisions   the decisions that elements show, in a noise shape
structure   which of them are shared, frozen or repeated
patterns    checks of what decisions have to do with each other
counts      checks of how often they drop
chance      those checks together, and what their failure means
"""
