"""Problems of sources in the operator's words: what is wrong, the likely cause, what the source said."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from digest.models import SourceProblem

Kind = SourceProblem.Kind

_WHAT = {
    Kind.UNREACHABLE: gettext_lazy("%(source)s cannot be reached."),
    Kind.CHALLENGE: gettext_lazy("%(source)s asks for proof of being human."),
    Kind.REFUSED: gettext_lazy("%(source)s refuses what it is asked for."),
    Kind.CHANGED: gettext_lazy("%(source)s could not be read."),
    Kind.WRONG_DAY: gettext_lazy("%(source)s answers with another day than the one asked for."),
    Kind.STALE: gettext_lazy("%(source)s has not announced the papers of %(day)s."),
    Kind.EMPTY: gettext_lazy("%(source)s listed no paper on %(day)s."),
    Kind.FEW: gettext_lazy("%(source)s listed far fewer papers than usual on %(day)s."),
    Kind.FIELDS: gettext_lazy("The papers of %(source)s on %(day)s lack more than usual."),
    Kind.QUIET: gettext_lazy("%(source)s has listed nothing new for %(days)s days."),
    Kind.UNCHECKED: gettext_lazy("%(source)s has not been checked for two hours."),
}
_HOLIDAY = gettext_lazy(
    "A holiday at the source, or its answer was cut off: fetch it again, or say that it is right."
)
_HINTS = {
    Kind.UNREACHABLE: gettext_lazy(
        "It is tried again every 15 minutes, and what it lists meanwhile is caught up. HTTP 429 means that "
        "it wants fewer requests, a number from 500 on that it is out of order. Otherwise, if it works in "
        "your browser, look at this machine’s network."
    ),
    Kind.CHALLENGE: gettext_lazy(
        "The source takes this machine for a robot that asks too much. It is tried again every 15 minutes, "
        "and nothing is lost. If it lasts, ask from another address, or write to the source."
    ),
    Kind.REFUSED: gettext_lazy(
        "One of the source’s settings is probably wrong: a category, a query, a key. Open the source."
    ),
    Kind.CHANGED: gettext_lazy(
        "Its answer has another form than before. The answer is kept: parse it again after an update of "
        "this service. If the source has an address among its settings, check that."
    ),
    Kind.WRONG_DAY: gettext_lazy("It may not have the day yet. It is tried again every 15 minutes."),
    Kind.STALE: gettext_lazy(
        "Its answer is fresh, but the papers in it are of an earlier day: it is late, or one of its "
        "categories stands still. Nothing is lost: what comes later goes out with the next digests."
    ),
    Kind.EMPTY: _HOLIDAY,
    Kind.FEW: _HOLIDAY,
    Kind.FIELDS: gettext_lazy(
        "The source may have renamed a field: look at its answer, and at the papers themselves."
    ),
    Kind.QUIET: gettext_lazy("Has the feed moved, or does its query find nothing any more? Open the source."),
    Kind.UNCHECKED: gettext_lazy("Are the scheduler and a worker running? “manage.py status” says so."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A problem as the operator reads it."""

    what: str
    hint: str
    detail: str = ""


def told(problem: SourceProblem) -> Told:
    """What is wrong, its likely cause with what mends it, and the figures or the source's own words."""
    kind, facts = Kind(problem.kind), problem.facts
    named = facts | {"source": problem.source.title, "day": _date(problem.day)}
    return Told(str(_WHAT[kind]) % named, str(_HINTS[kind]), facts.get("error") or _figures(kind, facts))


def _figures(kind: Kind, facts: dict[str, Any]) -> str:
    if kind == Kind.QUIET:
        if "last" not in facts:
            return _("It has never listed a paper.")
        return _("The last papers were of %(day)s.") % {"day": _date(date.fromisoformat(facts["last"]))}
    if kind == Kind.FIELDS:
        line = _("%(field)s: %(count)s of %(listed)s are without, %(usual)s %% are usual.")
        return " ".join(
            line % {"field": name, "count": count, "listed": facts["listed"], "usual": round(usual * 100)}
            for name, (count, usual) in facts["fields"].items()
        )
    if "usual" not in facts:
        return ""
    usual = _("About %(usual)s are usual on such a day.") % {"usual": round(facts["usual"])}
    if "listed" not in facts:
        return usual
    return ngettext("%(listed)s paper.", "%(listed)s papers.", facts["listed"]) % facts + " " + usual


def _date(day: date | None) -> str:
    return date_format(day, "l j F Y") if day else ""
