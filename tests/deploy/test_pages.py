"""The page about Kubernetes tells the truth."""

import re
from typing import Final

import pytest

from tests.deploy.manifests import BUILDS, pod
from tests.test_docs import PAGES, names, rows

pytestmark = pytest.mark.deploy

PAGE: Final = "docs/kubernetes.md"


def test_every_build_stands_in_the_table() -> None:
    """The table has a row for each, and no other."""
    listed = [name for cells in rows(PAGE) for name in names(cells[0])]
    assert sorted(listed) == sorted(BUILDS)


def test_a_pod_goes_as_the_page_says() -> None:
    """The seconds are those of the manifest, one after the other."""
    base = pod("base")
    drain, graceful = (int(base.environment[f"DROPOUT_{name}_SECONDS"]) for name in ("DRAIN", "GRACEFUL"))
    first = base.pause_seconds
    killed = base.spec["terminationGracePeriodSeconds"]
    shown = [re.findall(r"\d+", cells[0])[-1] for cells in rows(PAGE) if cells[0].endswith(" s")]
    assert [*map(int, shown)] == [0, first, first + drain, first + drain + graceful, killed]
    assert f"`DROPOUT_DRAIN_SECONDS`, {drain}," in PAGES[PAGE]
    assert f"`DROPOUT_GRACEFUL_SECONDS`, {graceful}," in PAGES[PAGE]
