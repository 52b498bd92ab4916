"""The words and signs of the query language, and the error that shows where one is out of place."""

import re

from digest.lib.messages import DeferredText, deferred
from digest.matching.tokenizer import words


class QuerySyntaxError(ValueError):
    """A query that cannot be read: what is wrong, where (in characters from 0), and what to do."""

    def __init__(self, problem: DeferredText, text: str, position: int, hint: DeferredText) -> None:
        super().__init__(f"{problem} (at character {position + 1}). {hint}".strip())
        self.problem, self.text, self.position, self.hint = problem, text, position, hint

    def caret(self) -> str:
        """The query with a caret under the place, for a fixed-width font."""
        return f"{self.text}\n{' ' * self.position}^"


class Tokens:
    """The tokens of a text, to be taken one by one; errors point at the next.

    `kind` says what the next is: the name of its group in the grammar of tokens below, or `END`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = [token for token in _TOKEN.finditer(text) if token.lastgroup]
        self._kinds = [kind for token in self._tokens if (kind := token.lastgroup)]
        self._kinds.append(END)
        self._next = 0
        self.kind = self._kinds[0]

    @property
    def token(self) -> re.Match[str]:
        """The next; there must be one."""
        return self._tokens[self._next]

    def take(self) -> re.Match[str]:
        """The next, which then is past."""
        token = self._tokens[self._next]
        self._next += 1
        self.kind = self._kinds[self._next]
        return token

    def with_next(self) -> str:
        """The next and the one after it if they are two words that say “to”: “image2 3D”; else nothing."""
        if self._kinds[self._next : self._next + 2] != ["word", "word"]:
            return ""
        one, other = self._tokens[self._next : self._next + 2]
        pair = f"{one['letters']} {other['letters']}"
        return pair if words(pair)[1:2] == ("to",) and not (one["star"] or other["star"]) else ""

    def nothing_left(self) -> QuerySyntaxError:
        hint = deferred("Add a word, or remove the last operator.")
        return self.error(deferred("Something is missing at the end"), hint)

    def error(self, problem: DeferredText, hint: DeferredText) -> QuerySyntaxError:
        position = len(self.text) if self.kind == END else self.token.start()
        return QuerySyntaxError(problem, self.text, position, hint)

    def error_at(self, token: re.Match[str], problem: DeferredText, hint: DeferredText) -> QuerySyntaxError:
        return QuerySyntaxError(problem, self.text, token.start(), hint)


def letters(token: re.Match[str]) -> str:
    """A word where an operator is none: behind “topic:”."""
    return token["letters"] or token["and"] or token["or"] or token["not"]


END = "end"
# Each token has one outermost group, which names its kind, and takes the white space behind it along.
# “and”, “or” and “not” count in lower case, too: as words, these three say nothing.
_TOKEN = re.compile(
    r"""(?:
      (?=[A-Za-z]++\s*+[:<>=])(?:
          (?P<comparison>(?P<compared>[A-Za-z]++)\s*(?P<operator>>=|<=|=|>|<)\s*(?P<value>[^\s()^]*))
        | (?P<field>(?P<name>[A-Za-z]++):)
      )
    | (?P<minus>-(?=[\w"“”(]))
    | (?P<near>NEAR(?:/(?P<distance>\d*))?)(?=[\s("“”]|$)
    | (?=[aonAON])(?i:(?P<and>and)|(?P<or>or)|(?P<not>not))(?=[\s()"“”:^<>=]|$)
    | (?P<word>(?P<letters>[^\s()"“”:*^<>=]++)(?P<star>\*)?)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<phrase>["“”](?P<words>[^"“”]*)["“”](?P<words_star>\*)?)
    | (?P<quote>["“”])
    | (?P<weight>\^(?P<factor>[^\s()]*))
    | (?P<other>\S)
    )\s*+ | \s+""",
    re.VERBOSE,
)
