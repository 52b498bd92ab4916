"""A number with its noun, in the English of the operator's pages, commands and logs."""


def number_of(number: int, one: str) -> str:
    """“1 paper”, “1,204 papers”."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"
