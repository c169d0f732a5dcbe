"""`python -m tests.fuzz.feed TARGET …`: feeds a target until it fails or time is up, with libFuzzer's options."""

import sys
from random import Random

import atheris

import app.core  # noqa: F401 - before, so that it is not instrumented: it reads nothing
from tests.fuzz.tokens import altered

with atheris.instrument_imports(include=["app"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Feed the target. Ends the process, with a status that is not 0 if something was found."""
    program, name, *options = sys.argv
    target = TARGETS[name]
    seeds = target.first()

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)
        # libFuzzer forgets seeds that reach no new place, and what a regular expression tells apart is none
        base = chance.choice([data, chance.choice(seeds)])
        if chance.randrange(3):
            return altered(base, most, seed, target.words)
        return bytes(atheris.Mutate(base, most))

    atheris.Setup([program, *options], target.feed, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
