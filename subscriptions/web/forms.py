"""What visitors and readers fill in: filters, schedule, address. Checked and translated, never stored."""

from dataclasses import replace
from datetime import time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy

from digest.matching import Field
from digest.web.page_language import current_language
from subscriptions.accounts import query_builder
from subscriptions.accounts.library import DAILY
from subscriptions.accounts.preferences import Choices
from subscriptions.accounts.reachable_address import reachable
from subscriptions.models import Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.web.filters_form import FiltersForm, trending_value
from subscriptions.web.following_form import FollowingForm
from subscriptions.web.library_form import LibraryForm

MOST_PAPERS = 100
_NO_VOLUME = gettext_lazy("A whole number from 1 to 100, or nothing for all papers.")
_NO_HOUR = gettext_lazy("This is not an hour of the day. Choose one from the list, such as 07:00.")
_NOT_OFFERED = gettext_lazy("“%(value)s” is not offered. Choose one of those that are.")
_NO_RHYTHM = gettext_lazy(
    "This is not one of the rhythms. Choose every day, Monday to Friday, once a week or once a month."
)
_NO_ZONE = gettext_lazy(
    "“%(value)s” is not a time zone this service knows. Choose one from the list, such as Europe/Berlin."
)
_WHICH_ZONE = gettext_lazy("No time zone is chosen. Choose one from the list, such as Europe/Berlin.")
_NO_EMAIL = gettext_lazy("There is no address to send to. Type yours, such as name@example.org.")


@cache
def time_zones() -> list[str]:
    """Every IANA time zone, UTC first: browsers report old names too, so none is left out."""
    return ["UTC", *sorted(available_timezones() - {"UTC", "Factory", "localtime"})]


def hours() -> list[tuple[str, str]]:
    """The hours of the day to choose from, as the page's language writes them."""
    return [(str(hour), current_language().time(time(hour))) for hour in range(24)]


def weekdays() -> list[tuple[str, str]]:
    """The days of the week to choose from, as the page's language calls them."""
    return [(str(number), current_language().weekday(number)) for number in range(7)]


class SubscriptionForm(LibraryForm, FiltersForm):
    """Filters, a library and schedule."""

    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in time_zones()],
        error_messages={"invalid_choice": _NO_ZONE, "required": _WHICH_ZONE},
    )
    hour = forms.ChoiceField(choices=hours, error_messages={"invalid_choice": _NO_HOUR, "required": _NO_HOUR})
    rhythm = forms.ChoiceField(
        choices=Rhythm.choices, error_messages={"invalid_choice": _NO_RHYTHM, "required": _NO_RHYTHM}
    )
    weekday = forms.ChoiceField(choices=weekdays, required=False)

    @property
    def schedule_words(self) -> tuple[str, str, str]:
        """Days, hour and time zone as entered so far: “Every day”, “07:00”, “Europe/Berlin”."""
        days = self.days_words(self["rhythm"].value(), self["weekday"].value())
        return days, dict(hours()).get(self["hour"].value(), "…"), self["time_zone"].value() or "…"

    def days_words(self, rhythm: str, weekday: str = "") -> str:
        """The days of a rhythm: “Every day”, “Every Monday”, “Every first Monday of the month”."""
        if rhythm == Rhythm.DAILY:
            return gettext("Every day")
        if rhythm == Rhythm.WEEKDAYS:
            return gettext("Monday to Friday")
        named = {"weekday": dict(weekdays()).get(weekday, "…")}
        if rhythm == Rhythm.MONTHLY:
            return gettext("Every first %(weekday)s of the month") % named
        return gettext("Every %(weekday)s") % named

    def choices(self) -> Choices:
        """The valid filters and schedule."""
        given = self.cleaned_data
        schedule = Schedule(
            given["time_zone"], int(given["hour"]), Rhythm(given["rhythm"]), int(given["weekday"] or 0)
        )
        return replace(self.sampled(), schedule=schedule, library_daily=self.daily())


class SignupForm(SubscriptionForm):
    """All of it, with an address. `website` is shown to nobody: what fills it in is not a person."""

    first_at_once = forms.BooleanField(required=False)
    email = forms.CharField(max_length=254, error_messages={"required": _NO_EMAIL})
    website = forms.CharField(required=False)

    def choices(self) -> Choices:
        """All of it, but for the address."""
        return replace(super().choices(), first_at_once=self.cleaned_data["first_at_once"])

    def clean_email(self) -> str:
        """The address as typed, if it is one that can be written to."""
        address: str = self.cleaned_data["email"]
        reachable(address)
        return address

    def keep_problems_of(self, *names: str) -> None:
        """Forget what is wrong with the other fields: the visitor is not there yet."""
        for name in self.errors.keys() - set(names):
            del self.errors[name]


class PreferencesForm(FollowingForm, SubscriptionForm):
    """All that a reader chooses."""

    language = forms.ChoiceField(choices=settings.LANGUAGES, error_messages={"invalid_choice": _NOT_OFFERED})
    format = forms.ChoiceField(choices=Subscriber.Format, error_messages={"invalid_choice": _NOT_OFFERED})
    volume = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_PAPERS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _NO_VOLUME),
    )

    @property
    def mail_words(self) -> str:
        """Language and format as entered so far: “English, HTML and plain text”."""
        language = dict(settings.LANGUAGES).get(self["language"].value(), "…")
        return f"{language}, {dict(Subscriber.Format.choices).get(self['format'].value(), '…')}"

    def choices(self) -> Choices:
        """All that was chosen."""
        given = self.cleaned_data
        mail = {"language": given["language"], "format": given["format"]}
        return replace(super().choices(), **mail, volume=given["volume"])


def initial_of(choices: Choices) -> dict[str, Any]:
    """What a form starts with to show `choices`."""
    schedule = choices.schedule
    own = [query for query in choices.queries if not query_builder.followed(query)]
    names = [found for query in choices.queries if (found := query_builder.followed(query))]
    return {
        "topics": [topic.slug for topic in choices.topics],
        "queries": "\n".join(own),
        "organizations": "\n".join(name for field, name in names if field == Field.ORG),
        "authors": "\n".join(name for field, name in names if field == Field.AUTHOR),
        "exclude": "\n".join(choices.exclude),
        "least_upvotes": str(choices.least_upvotes or ""),
        "trending": trending_value(choices.trending),
        "language": choices.language,
        "format": str(choices.format),
        "volume": str(choices.volume or ""),
        "library_ask": "on",
        "library_daily": str(choices.library_daily or DAILY),
        "time_zone": schedule.time_zone,
        "hour": str(schedule.hour),
        "rhythm": str(schedule.rhythm),
        "weekday": str(schedule.weekday),
    }
