"""What is wrong with queries that people type: in a sentence, at its place, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from digest.matching import QuerySyntaxError, parse_query
from digest.selection.liked_papers import known
from digest.web.page_language import translate

MOST_TERMS = 40  # anybody may try queries on the sign-up page, and each word costs the server time
_CARET_WIDTH = 34  # characters that fit a phone in a fixed-width font


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """Why one own query cannot be read: the sentence, the place under a caret, what to do."""

    number: int
    problem: str
    caret: str
    hint: str


def problems_of(texts: Iterable[str]) -> list[QueryProblem]:
    """What is wrong with those queries that cannot be read, or ask too much."""
    problems = []
    for number, text in enumerate(texts, start=1):
        try:
            query = parse_query(text)
            if query.size > MOST_TERMS:
                what = gettext("It holds more than %(most)s words and phrases") % {"most": MOST_TERMS}
                problems.append(QueryProblem(number, what, "", gettext("Split it into two.")))
            known(query, text)
        except QuerySyntaxError as error:
            problem, hint = translate(error.problem), translate(error.hint)
            problems.append(QueryProblem(number, problem, _caret(error), hint))
    return problems


def sentences(problems: Iterable[QueryProblem], which: str) -> list[str]:
    """One for each problem; `which` has a place for the number of its query."""
    return [f"{which % {'number': problem.number}} {problem.problem}." for problem in problems]


def _caret(error: QuerySyntaxError) -> str:
    """The query with a caret under the place; of a long query the stretch around it."""
    if len(error.text) <= _CARET_WIDTH:
        return error.caret()
    start = max(0, min(error.position - _CARET_WIDTH // 2, len(error.text) - _CARET_WIDTH))
    stretch = error.text[start : start + _CARET_WIDTH]
    before, after = "… " if start else "", " …" if start + _CARET_WIDTH < len(error.text) else ""
    return f"{before}{stretch}{after}\n{' ' * (len(before) + error.position - start)}^"
