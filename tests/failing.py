"""The service with one layer more, which has a mistake: whoever calls it gets status 500."""

from dataclasses import replace
from typing import Never

from app.core import VARIANTS
from tests.another import ROW


def _fails(*_: object) -> Never:
    """What a mistake of the service does."""
    raise ArithmeticError("a mistake")


if __name__ == "__main__":
    VARIANTS["failing"] = replace(ROW, name="failing", noise_over=_fails)
    from app.__main__ import main  # the row first: names stand in the types of fields

    main()
