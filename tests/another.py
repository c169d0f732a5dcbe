"""The service with one layer more: what a new variant takes is a function and a row."""

from app.core import VARIANTS, Layer, Shape, Variant


def _columns(_layer: Layer, shape: Shape) -> Shape:
    """A decision for each place of the last dimension."""
    return (*(1 for _ in shape[1:]), shape[-1])


ROW = Variant(
    name="column_dropout",
    summary="Drops whole columns.",
    ranks="1 or more",
    noise="(1, …, 1, N)",
    training="y = x / (1 - p) where kept, else 0",
    parameters=("scaling", "mask"),
    source="A test.",
    source_url="https://example.org/",
    noise_over=_columns,
    example={"input": [[1.0, 2.0], [3.0, 4.0]], "p": 0.5, "seed": 1},
)

if __name__ == "__main__":
    VARIANTS[ROW.name] = ROW
    from app.__main__ import main  # the row first: names stand in the types of fields

    main()
