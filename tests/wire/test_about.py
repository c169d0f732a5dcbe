"""What the service tells of itself."""

from app.core import VARIANTS
from app.verify import FINDINGS
from app.wire.about import FaultKind, VariantsReply


def test_the_variants_are_the_cores() -> None:
    """The table lists what the core serves, with every column filled."""
    rows = VariantsReply.table().variants
    assert [row.name for row in rows] == list(VARIANTS)
    assert all(all(row.model_dump(exclude={"parameters"}).values()) for row in rows)


def test_a_finding_is_explained_by_its_code() -> None:
    """Each code has its page, and what is no code has none."""
    assert [kind.code for kind in map(FaultKind.of, FINDINGS) if kind] == list(FINDINGS)
    assert FaultKind.of("no_such_code") is None
