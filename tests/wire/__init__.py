"""The corpora by the names that tests/api still has for them; gone with those."""

from tests.wire.binary import archives as test_npz
from tests.wire.binary import files as test_npy
from tests.wire.oip import requests as test_oip

__all__ = ["test_npy", "test_npz", "test_oip"]
