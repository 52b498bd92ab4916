"""What visitors and readers fill in: filters, schedule, address. Checked and translated, never stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from digest.matching import QuerySyntaxError, parse_query
from digest.models import Topic
from subscriptions.addresses import address_key
from subscriptions.preferences import WEEKDAYS, Choices
from subscriptions.schedule import Rhythm, Schedule

MOST_QUERIES = 5
MOST_TERMS = 40  # anybody may try queries on the sign-up page, and each word costs the server time
_CARET_WIDTH = 34  # characters that fit a phone in a fixed-width font

HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]
_WEEKDAYS = [(str(number), name) for number, name in enumerate(WEEKDAYS)]
_NO_FILTER = (
    "No topic is ticked and no query is written, so there would be nothing to send. "
    "Tick a topic or write a query of your own."
)
_NO_HOUR = "This is not an hour of the day. Choose one from the list, such as 07:00."
_NO_RHYTHM = "This is not one of the rhythms. Choose every day, Monday to Friday, or once a week."
_NO_ZONE = (
    "“%(value)s” is not a time zone this service knows. Choose one from the list, such as Europe/Berlin."
)
_WHICH_ZONE = "No time zone is chosen. Choose one from the list, such as Europe/Berlin."
_NO_EMAIL = "There is no address to send to. Type yours, such as name@example.org."


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """Why one own query cannot be read: the sentence, the place under a caret, what to do."""

    number: int
    problem: str
    caret: str
    hint: str


@cache
def time_zones() -> list[str]:
    """Every IANA time zone, UTC first: browsers report old names too, so none is left out."""
    return ["UTC", *sorted(available_timezones() - {"UTC", "Factory", "localtime"})]


class FiltersForm(forms.Form):
    """Topics to tick and up to five own queries, one a line. `offered` are the topics shown."""

    topics = forms.MultipleChoiceField(required=False)
    queries = forms.CharField(required=False, max_length=20_000)

    def __init__(self, data: Mapping[str, Any] | None, offered: Iterable[Topic], **options: Any) -> None:
        super().__init__(data, **options)
        self.offered = tuple(offered)
        self.query_problems: list[QueryProblem] = []
        field = self.fields["topics"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(topic.slug, topic.name) for topic in self.offered]
        field.error_messages["invalid_choice"] = (
            "“%(value)s” is not offered any more. Choose among the topics shown."
        )

    def clean_queries(self) -> tuple[str, ...]:
        """The own queries, each readable."""
        texts = [text for line in self.cleaned_data["queries"].splitlines() if (text := line.strip())]
        if len(texts) > MOST_QUERIES:
            raise ValidationError(
                f"These are {len(texts)} queries, and {MOST_QUERIES} is the most. Join related ones with OR."
            )
        for number, text in enumerate(texts, start=1):
            try:
                if parse_query(text).size > MOST_TERMS:
                    raise ValidationError(
                        f"Query {number} holds more than {MOST_TERMS} words and phrases. Split it into two."
                    )
            except QuerySyntaxError as error:
                self.query_problems.append(QueryProblem(number, error.problem, _caret(error), error.hint))
        if self.query_problems:
            raise ValidationError([self._sentence(problem, len(texts)) for problem in self.query_problems])
        return tuple(texts)

    @staticmethod
    def _sentence(problem: QueryProblem, total: int) -> str:
        which = f"Query {problem.number}" if total > 1 else "Your query"
        return f"{which} cannot be read. {problem.problem}."

    @property
    def chosen_topics(self) -> tuple[Topic, ...]:
        """The topics ticked, of those offered."""
        ticked = set(self.cleaned_data.get("topics", ()))
        return tuple(topic for topic in self.offered if topic.slug in ticked)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is chosen: no topic ticked, no query written."""
        return not self["topics"].value() and not str(self["queries"].value() or "").strip()

    def sampled(self) -> Choices:
        """The valid filters, on the default schedule, whatever may be wrong with other fields."""
        return Choices(self.chosen_topics, self.cleaned_data["queries"], Schedule("UTC", 7))


class PreferencesForm(FiltersForm):
    """Filters and schedule, with at least one filter."""

    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in time_zones()],
        error_messages={"invalid_choice": _NO_ZONE, "required": _WHICH_ZONE},
    )
    hour = forms.ChoiceField(choices=HOURS, error_messages={"invalid_choice": _NO_HOUR, "required": _NO_HOUR})
    rhythm = forms.ChoiceField(
        choices=Rhythm.choices, error_messages={"invalid_choice": _NO_RHYTHM, "required": _NO_RHYTHM}
    )
    weekday = forms.ChoiceField(choices=_WEEKDAYS, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for at least one filter, unless something is wrong with those given."""
        wrong = self.errors.keys() & {"topics", "queries"}
        if not wrong and not self.cleaned_data["topics"] and not self.cleaned_data["queries"]:
            self.add_error("topics", _NO_FILTER)
        return self.cleaned_data

    @property
    def schedule_words(self) -> tuple[str, str, str]:
        """Days, hour and time zone as entered so far: “Every day”, “07:00”, “Europe/Berlin”."""
        rhythm, weekday = self["rhythm"].value(), dict(_WEEKDAYS).get(self["weekday"].value(), "…")
        days = {Rhythm.DAILY: "Every day", Rhythm.WEEKDAYS: "Monday to Friday"}.get(
            rhythm, f"Every {weekday}"
        )
        return days, dict(HOURS).get(self["hour"].value(), "…"), self["time_zone"].value() or "…"

    def choices(self) -> Choices:
        """The valid filters and schedule."""
        given = self.cleaned_data
        schedule = Schedule(
            given["time_zone"], int(given["hour"]), Rhythm(given["rhythm"]), int(given["weekday"] or 0)
        )
        return Choices(self.chosen_topics, given["queries"], schedule)


class SignupForm(PreferencesForm):
    """All of it, with an address. `website` is shown to nobody: what fills it in is not a person."""

    email = forms.CharField(max_length=254, error_messages={"required": _NO_EMAIL})
    website = forms.CharField(required=False)

    def clean_email(self) -> str:
        """The address as typed, if it is one."""
        address: str = self.cleaned_data["email"]
        address_key(address)
        return address

    def keep_problems_of(self, *names: str) -> None:
        """Forget what is wrong with the other fields: the visitor is not there yet."""
        for name in self.errors.keys() - set(names):
            del self.errors[name]


def initial_of(choices: Choices) -> dict[str, Any]:
    """What a form starts with to show `choices`."""
    schedule = choices.schedule
    return {
        "topics": [topic.slug for topic in choices.topics],
        "queries": "\n".join(choices.queries),
        "time_zone": schedule.time_zone,
        "hour": str(schedule.hour),
        "rhythm": str(schedule.rhythm),
        "weekday": str(schedule.weekday),
    }


def filters_data(topics: Sequence[str], queries: Sequence[str]) -> MultiValueDict[str, str]:
    """Filters that come as separate values, as a `FiltersForm` reads them."""
    return MultiValueDict({"topics": list(topics), "queries": ["\n".join(queries)]})


def _caret(error: QuerySyntaxError) -> str:
    """The query with a caret under the place; of a long query the stretch around it."""
    if len(error.text) <= _CARET_WIDTH:
        return error.caret()
    start = max(0, min(error.position - _CARET_WIDTH // 2, len(error.text) - _CARET_WIDTH))
    stretch = error.text[start : start + _CARET_WIDTH]
    before, after = "… " if start else "", " …" if start + _CARET_WIDTH < len(error.text) else ""
    return f"{before}{stretch}{after}\n{' ' * (len(before) + error.position - start)}^"
