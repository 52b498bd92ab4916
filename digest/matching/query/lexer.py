"""The words and signs of the query language, and the error that shows where one is out of place."""

import re

from digest.lib.messages import DeferredText, deferred


class QuerySyntaxError(ValueError):
    """A query that cannot be read: what is wrong, where (in characters from 0), and what to do."""

    def __init__(self, problem: DeferredText, text: str, position: int, hint: DeferredText) -> None:
        super().__init__(f"{problem} (at character {position + 1}). {hint}".strip())
        self.problem, self.text, self.position, self.hint = problem, text, position, hint

    def caret(self) -> str:
        """The query with a caret under the place, for a fixed-width font."""
        return f"{self.text}\n{' ' * self.position}^"


class Tokens:
    """The tokens of a text, to be taken one by one; errors point at the next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.next = 0

    def peek(self) -> re.Match[str] | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def word_operator(self) -> str | None:
        """The operator that comes next. Lower case counts: as words, these three say nothing."""
        token = self.peek()
        word = (token["word"] or "").lower() if token and not token["word_star"] else ""
        return word if word in {"and", "or", "not"} else None

    def nothing_left(self) -> QuerySyntaxError:
        hint = deferred("Add a word, or remove the last operator.")
        return self.error(deferred("Something is missing at the end"), hint)

    def error(self, problem: DeferredText, hint: DeferredText) -> QuerySyntaxError:
        return self.error_at(self.peek(), problem, hint)

    def error_at(
        self, token: re.Match[str] | None, problem: DeferredText, hint: DeferredText
    ) -> QuerySyntaxError:
        return QuerySyntaxError(problem, self.text, token.start() if token else len(self.text), hint)


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
