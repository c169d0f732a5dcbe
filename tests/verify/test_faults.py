"""Faulty layers are found, by the right name and no other."""

from typing import get_args
from zlib import crc32

import numpy as np
import pytest

from app.verify import FINDINGS, FindingCode, Gradients, Verification, verify
from app.verify.chance.error_rate import FAMILYWISE_ERROR_RATE
from tests.verify.faults import FAULTS, MASKS, VALUES, Faulty, Sent


def made(faulty: Faulty) -> Sent:
    """What the faulty layer makes, always the same."""
    return faulty.make(np.random.default_rng(crc32(faulty.name.encode())))


def verified(faulty: Faulty, sent: Sent) -> Verification:
    """What is found of it."""
    return verify(sent.x, sent.y, layer=faulty.layer, gradients=sent.gradients)


def beginning(sent: Sent, count: int) -> Sent:
    """The first so many entries of the first axis."""
    gradients = sent.gradients and Gradients(*(gradient[:, :count] for gradient in sent.gradients))
    return Sent(sent.x[:count], sent.y[:, :count], gradients)


@pytest.mark.parametrize(
    "faulty",
    [pytest.param(one, marks=[pytest.mark.exhaustive] if one.exhaustive else [], id=one.name) for one in FAULTS],
)
def test_a_fault_is_found(faulty: Faulty) -> None:
    """By its own code alone; with a p-value that chance does not have, a check that means it, and the usual cause."""
    verification = verified(faulty, made(faulty))
    assert verification.verdict == "fail"
    assert sorted(found.code for found in verification.findings) == sorted(faulty.codes)
    failed = [result.check for result in verification.checks if result.p_value <= FAMILYWISE_ERROR_RATE]
    meant = {code for check in failed for code in check.codes}
    for found in verification.findings:
        assert found.code in meant
        assert found.p_value <= FAMILYWISE_ERROR_RATE
        assert "expected" in found.message
        assert found.message.endswith(f"usual cause: {FINDINGS[found.code].cause}.")


@pytest.mark.parametrize("count", [1, 2, 3, 10])
@pytest.mark.parametrize("faulty", [*MASKS, *VALUES], ids=lambda faulty: faulty.name)
def test_less_data_lead_to_nothing_false(faulty: Faulty, count: int) -> None:
    """Of a few rows, too few to tell, nothing is said that is not so: no code but those of the fault."""
    verification = verified(faulty, beginning(made(faulty), count))
    assert {found.code for found in verification.findings} <= {*faulty.codes, *_ALIKE.get(faulty.name, ())}
    assert (verification.verdict == "fail") == bool(verification.findings)


_ALIKE = {"the last axis shared": {"wrong_rate"}, "samples instead of channels": {"wrong_rate"}}
"""A row or two that are dropped as a whole have a rate of 1, whatever the reason."""


def test_every_finding_is_found() -> None:
    """There is a fault for each code but the two that need a seed or another shape, which have tests of their own."""
    found = {code for faulty in FAULTS for code in faulty.codes}
    assert set(get_args(FindingCode)) - found == {"shape_mismatch", "mask_not_reproduced"}
    assert set(FINDINGS) == set(get_args(FindingCode))


def test_forty_faults_and_more() -> None:
    """Each with a name of its own."""
    assert len({faulty.name for faulty in FAULTS}) == len(FAULTS) >= 40
