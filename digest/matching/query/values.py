"""What stands behind a name in a query and is no word to look for: a topic, a paper, a number, a day.

Each function takes the next token, which is of its kind, or raises `QuerySyntaxError`.
"""

import re
from datetime import date

from digest.lib.messages import deferred
from digest.lib.records import paper_key
from digest.matching.ast import Compare, Like, Number, Topic
from digest.matching.query.lexer import Tokens, letters
from digest.matching.query.limits import MAX_COUNT
from digest.matching.topics.classifier import preset_topics


def topic(tokens: Tokens) -> Topic:
    """The preset topic behind “topic:”."""
    token = tokens.take()
    slug = letters(token).lower()
    known = sorted(preset_topics().biases)
    if slug not in known:
        hint = deferred("The topics are %(known)s.", known=", ".join(known))
        raise tokens.error_at(token, deferred("There is no topic “%(name)s”", name=slug), hint)
    return Topic(slug)


def like(tokens: Tokens) -> Like:
    """The paper behind “like:”, by its key; whether there is such a paper is not known here."""
    token = tokens.take()
    name = name_of(token)
    key = paper_key(name)
    if key is None:
        problem = deferred("“like:%(name)s” names no paper", name=name)
        raise tokens.error_at(
            token, problem, deferred("Write like:2311.12345, or a DOI; one with brackets in quotation marks.")
        )
    return Like(key)


def name_of(token: re.Match[str]) -> str:
    """The name of the paper behind “like:”, as written."""
    name: str = token["quoted"] or token["named"] or ""
    return name


def comparison(tokens: Tokens) -> Compare:
    """A number of a paper against a value."""
    token = tokens.token
    name = token["compared"].lower()
    if name not in list(Number):
        hint = deferred("What can be compared: %(known)s.", known=", ".join(Number))
        raise tokens.error(deferred("There is no number “%(name)s”", name=token["compared"]), hint)
    tokens.take()
    if name == Number.DAY:
        return Compare(Number.DAY, token["operator"], day(tokens, token, token["value"]))
    if not token["value"].isdecimal() or int(token["value"]) > MAX_COUNT:
        problem = deferred("“%(name)s” is compared with a number", name=name)
        raise tokens.error_at(token, problem, deferred("Write %(name)s>=50.", name=name))
    return Compare(Number(name), token["operator"], int(token["value"]))


def day(tokens: Tokens, token: re.Match[str], text: str) -> date:
    """The day that `text` of `token` is."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        hint = deferred("Write day>=2025-11-05, year first.")
        raise tokens.error_at(token, deferred("This is not a day"), hint) from None
