"""The sample: the digest that filters would have brought, for those who are still choosing."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from digest.pages import counted
from subscriptions import plan
from subscriptions.forms import FiltersForm


@dataclass(frozen=True, slots=True)
class Sample:
    """What to say about the sample, and the address of the mail itself if there is one."""

    sentence: str
    src: str = ""


def sample_of(filters: FiltersForm) -> Sample:
    """The sample for what is chosen in `filters`, whatever state the choice is in."""
    if filters.is_empty:
        return Sample("Tick a topic, and the digest you would have had appears here.")
    if filters.errors.keys() & {"topics", "queries"}:
        return Sample("Your choice cannot be read yet. What is wrong is written beside it.")
    choices = filters.sampled()
    selection = plan.sample(choices)
    if selection.day is None:
        return Sample("No papers have come in yet. Your first digest follows the first edition.")
    scanned = counted(selection.scanned, "paper", "papers")
    day = f"{selection.day:%A}, {selection.day.day} {selection.day:%B}"
    if selection.is_empty:
        return Sample(
            f"None of the {scanned} of {day} matched, so no mail would have come. "
            "Tick another topic, or widen your query with OR."
        )
    query = urlencode({"topic": [t.slug for t in choices.topics], "q": choices.queries}, doseq=True)
    return Sample(f"{len(selection.items):,} of the {scanned} of {day}.", f"{reverse('sample')}?{query}")
