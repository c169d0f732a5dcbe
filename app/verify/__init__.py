"""What is wrong with a dropout: its input and output, held against what it is claimed to be.

values          each element: kept, dropped, or something else; a room of its own
chance          decisions, and how likely they are; another
findings        what can be wrong, in words
case            what is to be verified, and what came of it
replay          what the mask law makes of an input
misreadings     the usual ways of misreading that law
law             a claimed seed
forward         what the forward pass was
comparison      gradients held against it
gradient        the checks of gradients
gaussian        those of gaussian dropout
drop_block      those of DropBlock: its squares and its factor
table           what a table of checks is
checks          all of them, a row each
look            elements that were read, and what is said of them
training        a layer in training: by certainty, by the law, by chance
own             variants whose noise has a part in what they make of elements
examine         the ways of looking at a case
differentiate   the same with gradients
inferred        the layer that was seen
verify          all of it
"""

from app.verify.chance.check import CheckResult, Detectable
from app.verify.comparison import Gradients
from app.verify.findings import FINDINGS, Finding, FindingCode
from app.verify.inferred import Inferred
from app.verify.verify import Verdict, Verification, verify

__all__ = [
    "FINDINGS",
    "CheckResult",
    "Detectable",
    "Finding",
    "FindingCode",
    "Gradients",
    "Inferred",
    "Verdict",
    "Verification",
    "verify",
]
