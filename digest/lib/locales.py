"""The languages of mails and pages: translated texts, numbers, lists and dates.

Pure: the language is an argument, never the process's. Catalogues are gettext's, in digest/locale/;
CONTRIBUTING.md says how to add a text or a language.
"""

import gettext
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

LOCALE = Path(__file__).resolve().parents[1] / "locale"
ENGLISH = "en"


def available() -> tuple[str, ...]:
    """The codes of the languages that mails can be written in, English first."""
    found = (path.parents[1].name for path in LOCALE.glob("*/LC_MESSAGES/letters.mo"))
    return (ENGLISH, *sorted(found))


@lru_cache(maxsize=32)
def speaking(code: str) -> "Language":
    """The language `code`, or its nearest: “de-AT” speaks German, an unknown one English."""
    for known in (code, code.partition("-")[0]):
        if known in available():
            return Language(known)
    return Language(ENGLISH)


class Language:
    """What one language says, and how it writes numbers, lists and dates."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._catalogue = gettext.translation("letters", LOCALE, [code], fallback=True)
        _ = self.gettext
        self._weekdays = (
            *(_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday")),
            _("Sunday"),
        )
        self._months = (
            *(_("January"), _("February"), _("March"), _("April"), _("May"), _("June")),
            *(_("July"), _("August"), _("September"), _("October"), _("November"), _("December")),
        )
        self._short_months = (
            *(_("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun")),
            *(_("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec")),
        )
        self._short_weekdays = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
        thousands = self._catalogue.pgettext("between thousands", ",")
        self._signs = str.maketrans({",": thousands, ".": self._catalogue.pgettext("before decimals", ".")})

    def gettext(self, message: str, **values: object) -> str:
        """`message` in this language, with `values` in the places of its %(name)s."""
        return self._catalogue.gettext(message) % values

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """The form for `number`, which stands at %(num)s as this language writes it."""
        return self._catalogue.ngettext(one, many, number) % {"num": self.number(number), **values}

    def topic(self, text: str) -> str:
        """The name or description of a topic: translated while it is the shipped one."""
        return self._catalogue.pgettext("topic", text)

    def number(self, number: float, decimals: int = 0) -> str:
        """For example "1,204", "1.4"."""
        return f"{number:,.{decimals}f}".translate(self._signs)

    def listed(self, names: Sequence[str]) -> str:
        """For example "a", "a and b", "a, b and c"."""
        if len(names) < 2:
            return "".join(names)
        return self.gettext("%(names)s and %(last)s", names=", ".join(names[:-1]), last=names[-1])

    def weekday(self, number: int) -> str:
        """The name of a day of the week; 0 is Monday."""
        return self._weekdays[number]

    def short_weekday(self, number: int) -> str:
        """For example "Wed"; 0 is Monday."""
        return self._short_weekdays[number]

    def month(self, number: int) -> str:
        """The name of a month; 1 is January."""
        return self._months[number - 1]

    def moment(self, at: datetime) -> str:
        """For example "Thursday, 6 November at 07:00", by the clock of `at`."""
        return self.gettext("%(date)s at %(time)s", date=self.long_date(at), time=f"{at:%H:%M}")

    def long_date(self, day: date, *, year: bool = False) -> str:
        """For example "Wednesday, 5 November", "Wednesday, 5 November 2025"."""
        weekday, date = self.weekday(day.weekday()), self.day(day, year=year)
        return self.gettext("%(weekday)s, %(date)s", weekday=weekday, date=date)

    def day(self, day: date, *, year: bool = False) -> str:
        """For example "5 November", "5 November 2025"."""
        date = self.gettext("%(day)s %(month)s", day=day.day, month=self.month(day.month))
        return self.gettext("%(date)s %(year)s", date=date, year=day.year) if year else date

    def short_date(self, day: date) -> str:
        """For example "5 Nov"."""
        return self.gettext("%(day)s %(month)s", day=day.day, month=self._short_months[day.month - 1])

    def install(self, environment: Environment, cleaned: Callable[[object], object]) -> None:
        """Let templates say `_("…", name=…)` and `ngettext("one", "many", number)` in this language.

        Where templates escape, values are escaped and the texts of the catalogue are not; each value
        passes through `cleaned` before.
        """

        @pass_eval_context
        def say(context: EvalContext, message: str, /, **values: object) -> str:
            return _filled(context, self._catalogue.gettext(message), values)

        @pass_eval_context
        def count(context: EvalContext, one: str, many: str, number: int, /, **values: object) -> str:
            values = {"num": self.number(number), **values}
            return _filled(context, self._catalogue.ngettext(one, many, number), values)

        def _filled(context: EvalContext, text: str, values: dict[str, object]) -> str:
            text = Markup(text) if context.autoescape else text  # noqa: S704  # the catalogue is ours
            return text % {name: cleaned(value) for name, value in values.items()}

        environment.globals |= {"_": say, "gettext": say, "ngettext": count}
