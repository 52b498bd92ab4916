"""What a language says and how it writes it: translated texts, numbers, lists and dates.

Pure: the language is an argument, never the process's. Texts come from gettext's catalogues in
digest/locale/, all else from Unicode's Common Locale Data Repository (CLDR), which comes with Babel.
"""

import gettext
import re
from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, datetime, time
from functools import lru_cache

from babel import Locale
from babel.dates import DateTimePattern, parse_pattern
from babel.lists import format_list
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from digest.lib.languages import ENGLISH, LOCALE, folders

_BRITISH = "en_GB"  # whose conventions our English follows: “5 November”, “a, b and c”
_FORMATTED = 2048  # numbers and dates remembered per language: formatting one takes 10 µs


@lru_cache(maxsize=32)
def language_for(code: str) -> "Language":
    """The language `code`, or its nearest: “de-AT” is German, an unknown one English."""
    known = (wanted for wanted in (code, code.partition("-")[0]) if wanted in folders())
    return Language(next(known, ENGLISH))


class Language:
    """What one language says, and how it writes numbers, lists and dates."""

    def __init__(self, code: str) -> None:
        self.code = code
        folder = folders()[code]
        self._catalogue = gettext.translation("letters", LOCALE, [folder], fallback=True)
        self._locale = Locale.parse(_BRITISH if code == ENGLISH else folder)
        self._numbers = lru_cache(_FORMATTED)(self._format_number)
        self._dates = lru_cache(_FORMATTED)(self._format_date)
        self._patterns = _date_patterns(self._locale)

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
        return self._numbers(number, decimals)

    def listed(self, names: Sequence[str]) -> str:
        """For example "a", "a and b", "a, b and c"."""
        return format_list(names, locale=self._locale)

    def weekday(self, number: int) -> str:
        """The name of a day of the week by itself; 0 is Monday."""
        return str(self._locale.days["stand-alone"]["wide"][number])

    def month(self, number: int) -> str:
        """The name of a month by itself, as in a heading; 1 is January. Inside a date it may be another."""
        return str(self._locale.months["stand-alone"]["wide"][number])

    def moment(self, at: datetime) -> str:
        """For example "Thursday, 6 November at 07:00", by the clock of `at`."""
        return self.gettext("%(date)s at %(time)s", date=self.long_date(at), time=self.time(at))

    def short_moment(self, at: datetime) -> str:
        """For example "6 Nov 2025, 07:00", by the clock of `at`."""
        pattern = str(self._locale.datetime_formats["medium"])
        return pattern.format(self.time(at), self.short_date(at, year=True))

    def time(self, at: time | datetime) -> str:
        """For example "07:00", by the clock of `at`."""
        return self._patterns["time"].apply(at, self._locale)

    def long_date(self, day: date, *, year: bool = False) -> str:
        """For example "Wednesday, 5 November", "Wednesday, 5 November 2025"."""
        return self._dates(day, "long, year" if year else "long")

    def day(self, day: date, *, year: bool = False) -> str:
        """For example "5 November", "5 November 2025"."""
        return self._dates(day, "day, year" if year else "day")

    def short_date(self, day: date, *, year: bool = False) -> str:
        """For example "5 Nov", "5 Nov 2025"."""
        return self._dates(day, "short, year" if year else "short")

    def day_of_month(self, day: date) -> str:
        """For example "Wed 5", for the days of one month."""
        return self._dates(day, "of month")

    def _format_number(self, number: float, decimals: int) -> str:
        pattern = copy(self._locale.decimal_formats[None])
        pattern.frac_prec = decimals, decimals
        return str(pattern.apply(number, self._locale))

    def _format_date(self, day: date, pattern: str) -> str:
        return self._patterns[pattern].apply(day, self._locale)

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


def _date_patterns(locale: Locale) -> dict[str, DateTimePattern]:
    """The patterns of CLDR for the kinds of dates above.

    Patterns, for Babel's own functions turn the clock of a moment back to UTC. And CLDR lists no date with
    the whole name of its day but without a year for most languages: there that of the short name is widened,
    as UTS #35 says.
    """
    skeletons = locale.datetime_skeletons
    long = str(skeletons.get("MMMMEEEEd") or re.sub("E+|c+", _widened, str(skeletons["MMMMEd"])))
    if locale.language == ENGLISH:
        long = "EEEE, d MMMM"  # with the comma that it has before a year
    return {
        "time": skeletons["Hm"],
        "long": parse_pattern(long),
        "long, year": locale.date_formats["full"],
        "day": skeletons["MMMMd"],
        "day, year": locale.date_formats["long"],
        "short": skeletons["MMMd"],
        "short, year": skeletons["yMMMd"],
        "of month": skeletons["Ed"],
    }


def _widened(field: re.Match[str]) -> str:
    return field.group()[0] * 4
