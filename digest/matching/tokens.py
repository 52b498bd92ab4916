"""The words and signs of the query language, and the error that shows where one is out of place."""

import re


class QuerySyntaxError(ValueError):
    """A query that cannot be read: what is wrong, where (in characters from 0), and what to do."""

    def __init__(self, problem: str, text: str, position: int, hint: str = "") -> None:
        super().__init__(f"{problem} (at character {position + 1}). {hint}".strip())
        self.problem, self.text, self.position, self.hint = problem, text, position, hint

    def caret(self) -> str:
        """The query with a caret under the place, for a fixed-width font."""
        return f"{self.text}\n{' ' * self.position}^"


def tokens(text: str) -> list[re.Match[str]]:
    """The tokens of `text`, each a match whose named group says what it is; white space is left out."""
    return [token for token in _TOKEN.finditer(text) if not token["space"]]


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<open>\() | (?P<close>\))
    | (?P<compared>[A-Za-z]+)\s*(?P<operator>>=|<=|=|>|<)\s*(?P<value>[^\s()^]*)
    | (?P<field>[A-Za-z]+):
    | (?P<minus>-(?=[\w"“”(]))
    | \^(?P<weight>[^\s()]*)
    | (?P<near>NEAR(?:/(?P<distance>\d*))?)(?=[\s("“”]|$)
    | ["“”](?P<phrase>[^"“”]*)["“”](?P<phrase_star>\*)?
    | (?P<quote>["“”])
    | (?P<word>[^\s()"“”:*^<>=]+)(?P<word_star>\*)?
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
