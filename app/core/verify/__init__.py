"""What is wrong with a dropout: its input and output, held against what it is claimed to be.

tails       p-values of counts, and what a count can show
check       a check and its p-value; Holm's rule for all of them
findings    the table of faults, in words
rules       what a layer makes of an element, by right and by mistake
printed     numbers with few digits
values      each element: kept, dropped, or something else
decisions   the decisions that elements show, in a noise shape
structure   which of them are shared, frozen or repeated
patterns    checks of what decisions have to do with each other
counts      checks of how often they drop
chance      those checks together, and what their failure means
scale       checks of values, and the words for rate and scale
grid        which mistake explains rate and scale
law         a claimed seed
gradient    gradients
gaussian    gaussian dropout
drop_block  DropBlock: its squares and its factor
inferred    the layer that was seen
case        what is to be verified, and what came of it
examine     the ways of looking at it
verify      all of it
"""

from app.core.verify.check import Check, Detectable
from app.core.verify.findings import FINDINGS, Finding, FindingCode
from app.core.verify.gradient import Gradients
from app.core.verify.inferred import Inferred
from app.core.verify.verify import Verdict, Verification, verify

__all__ = [
    "FINDINGS",
    "Check",
    "Detectable",
    "Finding",
    "FindingCode",
    "Gradients",
    "Inferred",
    "Verdict",
    "Verification",
    "verify",
]
