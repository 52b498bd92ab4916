"""A kind of source with settings that only tests know: sections of the bulletin, behind a key."""

from dataclasses import replace
from datetime import date, time

from digest.sources.adapter import Adapter, Announcement, Get, Setting, Values
from tests.digest.sources.bulletin import BULLETIN, SITE


def _section(value: str) -> str:
    name = value.strip().lower()
    if not name.isalpha():
        raise ValueError("A section is one word, as “boats”.")
    return name


def configured(values: Values) -> Adapter:
    def fetch_day(day: date, get: Get) -> list[bytes]:
        return [get(f"{SITE}/{values['section']}/{day}.txt", headers={"Key": values["key"]})]

    return replace(SECTIONS, fetch_day=fetch_day, configured=None)


SECTIONS = Adapter(
    name="sections",
    title="Bulletin",
    formats=BULLETIN.formats,
    settings=(
        Setting("section", "Section", help="One of its sections.", check=_section),
        Setting("order", "Order", required=False, choices=(("new", "Newest first"), ("old", "Oldest first"))),
        Setting("key", "Key", help="As the bulletin gave it to you.", required=False, secret=True),
    ),
    configured=configured,
    announcement=Announcement(time(6), "UTC", weekdays=frozenset(range(7))),
    about="Titles of one section of the bulletin.",
)
