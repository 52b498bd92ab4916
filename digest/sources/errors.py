"""What can go wrong with a source: one class per reaction. `kind` names it where it is stored."""


class SourceUnavailable(Exception):
    """The source cannot be reached or does not answer now: try again later.

    `rest` is for how many seconds it asks to be left alone, if it does.
    """

    def __init__(self, message: str, rest: float | None = None) -> None:
        super().__init__(message)
        self.rest = rest

    kind = "unreachable"


class BotChallenge(SourceUnavailable):
    """In place of the answer came a page that asks for proof of being human: for now we are refused."""

    kind = "challenge"


class SourceChanged(Exception):
    """What came is not what was expected: nothing is stored, an operator has to look.

    The message is one sentence for that operator, saying what was expected and what was found.
    """

    kind = "changed"


class SourceRefused(SourceChanged):
    """The source says that it cannot answer this very request: another one may be answered."""

    kind = "refused"


class Stale(SourceChanged):
    """The source made its answer today, and repeats the papers of an earlier day."""

    kind = "stale"


class WrongDay(SourceChanged):
    """The source answered with another day than the one asked for."""

    kind = "wrong_day"
