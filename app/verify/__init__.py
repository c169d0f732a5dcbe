"""What is wrong with a dropout: its input and output, held against what it is claimed to be.

values      each element: kept, dropped, or something else; a room of its own
chance      decisions, and how likely they are; another
findings    the table of faults, in words
law         a claimed seed
gradient    gradients
gaussian    gaussian dropout
drop_block  DropBlock: its squares and its factor
inferred    the layer that was seen
case        what is to be verified, and what came of it
examine     the ways of looking at it
verify      all of it
"""

from app.verify.chance.check import Check, Detectable
from app.verify.findings import FINDINGS, Finding, FindingCode
from app.verify.gradient import Gradients
from app.verify.inferred import Inferred
from app.verify.verify import Verdict, Verification, verify

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
