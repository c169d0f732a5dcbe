"""The mask of a layer, without an array."""

from app.errors import Invalid, TooLarge
from app.wire.mask import MASK
from tests.wire.given import answered, refusal


def test_what_is_wrong_is_so_at_a_field_of_the_request() -> None:
    """There is no array and no list of parts: it is the shape that does not fit, and the variant that has no mask."""
    wrong = {
        "/shape": {"shape": [1], "variant": "dropout2d"},
        "/variant": {"shape": [1], "variant": "gaussian_dropout"},
    }
    assert {refusal(answered, body, MASK).pointer: body for body in wrong.values()} == wrong
    assert refusal(answered, {"shape": [2**40]}, MASK) == (TooLarge, "too_many_elements", "/shape")
    assert refusal(answered, wrong["/variant"], MASK)[:2] == (Invalid, "conflicting_fields")
