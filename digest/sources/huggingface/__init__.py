"""Hugging Face Daily Papers: from its API, or by hand as a saved page or its text."""

from dataclasses import replace

from digest.sources.adapter import Adapter, Setting, Values
from digest.sources.huggingface import api, fetching, page, text

LISTED = (
    ("daily", "Each day’s papers"),
    ("week", "The papers of this week"),
    ("month", "The papers of this month"),
    ("trending", "What trends now"),
)


def configured(values: Values) -> Adapter:
    """The adapter for the list that was chosen; without a choice each day's papers, as always."""
    listed = values.get("list") or "daily"
    if listed == "daily":
        return HUGGING_FACE
    formats = (api.TRENDING,) if listed == "trending" else HUGGING_FACE.formats
    return replace(HUGGING_FACE, fetch_day=None, fetch_latest=fetching.LATEST[listed], formats=formats)


HUGGING_FACE = Adapter(
    name="huggingface",
    title="Hugging Face Daily Papers",
    formats=(api.FORMAT, page.FORMAT, text.FORMAT),
    fetch_day=fetching.fetch_day,
    settings=(
        Setting(
            "list",
            "What to list",
            help="Lists of a week or month hold the same papers as the days do, those with most votes first.",
            required=False,
            initial="daily",
            choices=LISTED,
        ),
    ),
    configured=configured,
    votes=True,
    about="Papers that the readers of Hugging Face submit and vote for, mostly of machine learning.",
)
