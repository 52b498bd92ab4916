"""The words and signs of the query language, and the error that shows where one is out of place."""

import re
from collections.abc import Iterator

from digest.lib.messages import DeferredText, deferred
from digest.matching.ast import Term
from digest.matching.tokenizer import words


class QuerySyntaxError(ValueError):
    """A query that cannot be read: what is wrong, where (in characters from 0), and what to do."""

    def __init__(self, problem: DeferredText, text: str, position: int, hint: DeferredText) -> None:
        super().__init__(f"{problem} (at character {position + 1}). {hint}".strip())
        self.problem, self.text, self.position, self.hint = problem, text, position, hint

    def caret(self) -> str:
        """The query with a caret under the place, for a fixed-width font."""
        return f"{self.text}\n{' ' * self.position}^"


Token = tuple[str, re.Match[str], Term | None]


class Tokens:
    """The tokens of a text, to be taken one by one; errors point at the next.

    `kind` says what the next `token` is: the name of its group in the grammar of tokens below, or `END`.
    `term` is what it says if it is a word or phrase.
    """

    def __init__(self, text: str, tokens: Iterator[Token]) -> None:
        self.text = text
        self._rest = tokens
        self.kind, self.token, self.term = next(tokens, _NONE)

    def take(self) -> re.Match[str]:
        """The next, which then is past."""
        token = self.token
        self.kind, self.token, self.term = next(self._rest, _NONE)
        return token

    def nothing_left(self) -> QuerySyntaxError:
        hint = deferred("Add a word, or remove the last operator.")
        return self.error(deferred("Something is missing at the end"), hint)

    def error(self, problem: DeferredText, hint: DeferredText) -> QuerySyntaxError:
        position = len(self.text) if self.kind == END else self.token.start()
        return QuerySyntaxError(problem, self.text, position, hint)

    def error_at(self, token: re.Match[str], problem: DeferredText, hint: DeferredText) -> QuerySyntaxError:
        return QuerySyntaxError(problem, self.text, token.start(), hint)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text` where they stand."""
    return map(_read, _TOKEN.finditer(text))


def known_tokens(text: str) -> Iterator[Token]:
    """`tokens`, each read once for all queries and without its place, which takes a third of the time.

    What follows a token is not seen: a minus comes as a word, and “NEAR” always as the operator. Both are
    errors to the parser, so what it reads from these tokens it reads from `tokens`, too.
    """
    return map(_known.__getitem__, _cut(text))


def to_between(one: re.Match[str], other: re.Match[str]) -> Term | None:
    """What two words in a row say if they say “to”, as “image2 3D” does."""
    said = words(f"{one.group()} {other.group()}")
    return Term(said) if said[1:2] == ("to",) and not other.group().endswith("*") else None


def letters(token: re.Match[str]) -> str:
    """A word where an operator is none: behind “topic:”."""
    return token["letters"] or token["and"] or token["or"] or token["not"]


END = "end"
TERMS = frozenset({"word", "phrase"})
_MOST_KNOWN, _LONGEST_KNOWN = 50_000, 50
# Each token has one outermost group, which names its kind. “and”, “or” and “not” count in lower case, too:
# as words, these three say nothing.
_GRAMMAR = r"""
      (?=[A-Za-z]++\s*+[:<>=])(?:
          (?P<like>(?i:like):\s*(?:["“”](?P<quoted>[^"“”]*)["“”]|(?P<named>[^\s()"“”^]*)))
        | (?P<comparison>(?P<compared>[A-Za-z]++)\s*(?P<operator>>=|<=|=|>|<)\s*(?P<value>[^\s()^]*))
        | (?P<field>(?P<name>[A-Za-z]++):)
      )
    | (?P<minus>-(?=[\w"“”(]))
    | (?P<near>NEAR(?:/(?P<distance>\d*))?)(?=[\s("“”]|$)
    | (?=[aonAON])(?i:(?P<and>and)|(?P<or>or)|(?P<not>not))(?=[\s()"“”:^<>=]|$)
    | (?P<word>(?P<letters>[^\s()"“”:*^<>=]++)\*?)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<phrase>["“”][^"“”]*["“”]\*?)
    | (?P<quote>["“”])
    | (?P<weight>\^(?P<factor>[^\s()]*))
    | (?P<other>\S)
    """
_TOKEN = re.compile(_GRAMMAR, re.VERBOSE)
_cut = re.compile(re.sub(r"\(\?P<\w+>", "(?:", _GRAMMAR), re.VERBOSE).findall  # without groups, into strings
_NONE = (END, next(re.finditer("", "")), None)
_QUOTES = '"“”'


def _read(token: re.Match[str]) -> Token:
    kind, written = str(token.lastgroup), token.group()
    if kind not in TERMS:
        return kind, token, None
    return kind, token, Term(words(written), prefix=written.rstrip(_QUOTES).rstrip().endswith("*"))


class _Known(dict[str, Token]):
    """The tokens read last, by their text. Nothing is kept of when each was read: that would cost as much."""

    def __missing__(self, written: str) -> Token:
        token = next(tokens(written))
        if len(written) <= _LONGEST_KNOWN:
            if len(self) >= _MOST_KNOWN:
                self.clear()
            self[written] = token
        return token


_known = _Known()
