"""The filters that visitors and readers choose: checked and translated, never stored."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language, gettext, gettext_lazy

from digest.lib.languages import ENGLISH
from digest.matching import QuerySyntaxError, parse_query
from digest.matching.query.abbreviation_offers import Offer
from digest.models import Topic
from digest.selection.requests import ALL, Filter
from subscriptions.accounts.preferences import MOST_QUERIES, Choices
from subscriptions.accounts.query_builder import followed, narrowed
from subscriptions.models import Wanted
from subscriptions.models.schedule import Schedule
from subscriptions.planning.filters import filters_of
from subscriptions.web.library_sample import NO_LIBRARY, LibrarySample
from subscriptions.web.query_offers import TAKEN, offers_for
from subscriptions.web.query_problems import MOST_TERMS, QueryProblem, problems_of, sentences

MOST_FOLLOWED = 20  # organisations and authors
MOST_EXCLUDED = 10
MOST_UPVOTES = 100_000
FILTERS = ("topics", "queries", "exclude", "least_upvotes", "trending")
TOPS = ("3", "5", "10", "all")  # how many trending papers can be chosen
UNCHOSEN_TOP = 5  # what somebody gets who chooses nothing
_NO_TOP = gettext_lazy("“%(value)s” is not offered. Choose 3, 5, 10 or all trending papers.")
_NO_NUMBER = gettext_lazy("Upvotes are a whole number, such as 20, or nothing.")


class FiltersForm(forms.Form):
    """Topics to tick, own queries and what to leave out, one a line. `offered` are the topics shown.

    Who chooses nothing gets the most upvoted papers of the day.
    """

    topics = forms.MultipleChoiceField(required=False)
    queries = forms.CharField(required=False, max_length=20_000)
    exclude = forms.CharField(required=False, max_length=700)
    least_upvotes = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_UPVOTES,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _NO_NUMBER),
    )

    trending = forms.ChoiceField(
        required=False,
        choices=[(value, value) for value in TOPS],
        error_messages={"invalid_choice": _NO_TOP},
    )

    filter_fields = frozenset(FILTERS)
    naming = frozenset({"topics", "queries", "trending"})  # the fields that say what is to come

    def __init__(self, data: Mapping[str, Any] | None, offered: Iterable[Topic], **options: Any) -> None:
        super().__init__(data, **options)
        self.offered = tuple(offered)
        self.query_problems: list[QueryProblem] = []
        self.exclude_problems: list[QueryProblem] = []
        field = self.fields["topics"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(topic.slug, topic.name) for topic in self.offered]
        field.error_messages["invalid_choice"] = gettext_lazy(
            "“%(value)s” is not offered any more. Choose among the topics shown."
        )

    def clean_queries(self) -> tuple[str, ...]:
        """The own queries, each readable."""
        texts = lines(self.cleaned_data["queries"])
        own = sum(1 for text in texts if not followed(text))
        if own > MOST_QUERIES or len(texts) > MOST_QUERIES + 2 * MOST_FOLLOWED:
            said = gettext(
                "These are %(number)s queries, and %(most)s is the most. Join related ones with OR."
            )
            raise ValidationError(said % {"number": len(texts), "most": MOST_QUERIES})
        self.query_problems += problems_of(texts)
        if self.query_problems:
            many, one = gettext("Query %(number)s cannot be read."), gettext("Your query cannot be read.")
            raise ValidationError(sentences(self.query_problems, many if len(texts) > 1 else one))
        return texts

    def clean_exclude(self) -> tuple[str, ...]:
        """What is to be left out, each line readable as a query."""
        texts = lines(self.cleaned_data["exclude"])
        if len(texts) > MOST_EXCLUDED:
            said = gettext("These are %(number)s lines, and %(most)s is the most.")
            raise ValidationError(said % {"number": len(texts), "most": MOST_EXCLUDED})
        self.exclude_problems += problems_of(texts)
        if self.exclude_problems:
            many, one = (
                gettext("Line %(number)s cannot be read."),
                gettext("What to leave out cannot be read."),
            )
            raise ValidationError(sentences(self.exclude_problems, many if len(texts) > 1 else one))
        if sum(parse_query(text).size for text in texts) > MOST_TERMS:
            said = gettext("These are more than %(most)s words and phrases. Leave out fewer.")
            raise ValidationError(said % {"most": MOST_TERMS})
        return texts

    def clean_least_upvotes(self) -> int:
        return self.cleaned_data["least_upvotes"] or 0

    def clean_trending(self) -> int:
        """How many of the most upvoted papers, 0 for none."""
        value: str = self.cleaned_data["trending"]
        return ALL if value == "all" else int(value or 0)

    def clean(self) -> dict[str, Any]:
        """Make sure that each filter can still be read with all that is left out of it, as it is stored."""
        given = self.cleaned_data
        if not self.has_unreadable_filters:
            exclude = [str(parse_query(text)) for text in given["exclude"]]
            queries = (
                _stored(filter_.query)
                for filter_ in filters_of(Wanted(self.chosen_topics, self.all_queries()))
            )
            if not all(
                _stored(narrowed(query, exclude, given["least_upvotes"])) for query in queries if query
            ):
                self.add_error(
                    "exclude",
                    gettext("Together with what you chose this is too long. Leave out fewer words."),
                )
        return given

    @property
    def chosen_topics(self) -> tuple[Topic, ...]:
        """The topics ticked, of those offered."""
        ticked = set(self.cleaned_data.get("topics", ()))
        return tuple(topic for topic in self.offered if topic.slug in ticked)

    @property
    def trending_papers(self) -> int:
        """How many of the most upvoted papers come, valid filters provided."""
        if not (self.chosen_topics or self.all_queries() or self.brings_papers):
            return self.cleaned_data["trending"] or UNCHOSEN_TOP
        chosen: int = self.cleaned_data["trending"]
        return chosen

    @property
    def brings_papers(self) -> bool:
        """Whether something beside the filters brings papers."""
        return False

    @property
    def sampled_library(self) -> LibrarySample:
        """The library that a sample is made with."""
        return NO_LIBRARY

    @property
    def is_empty(self) -> bool:
        """Whether nothing is chosen: no topic ticked, no query written, no number of trending papers."""
        return not any(self._entered(name) for name in self.naming)

    def held(self, *names: str) -> str:
        """What these fields hold, in one line."""
        values = {name: str(self[name].value() or "") for name in names}
        texts = (_worded(name, value) if value else "" for name, value in values.items())
        return ", ".join(line for text in texts for line in lines(text))

    def _entered(self, name: str) -> bool:
        value = self[name].value() or ""
        return bool(value.strip() if isinstance(value, str) else value)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What may be added to the own queries as they are entered."""
        return offers_for(str(self["queries"].value() or ""))

    @property
    def took_offer(self) -> bool:
        """Whether an offer was pressed just now."""
        return TAKEN in self.data

    @property
    def has_unreadable_filters(self) -> bool:
        """Whether something is wrong with a filter, and not only with what else is filled in."""
        return bool(self.errors.keys() & self.filter_fields)

    @property
    def is_narrowed(self) -> bool:
        """Whether something is entered that narrows the filters."""
        return bool(self["exclude"].value() or self["least_upvotes"].value())

    def filters(self) -> tuple[Filter, ...]:
        """The valid filters as named queries."""
        return filters_of(self.sampled().wanted)

    def all_queries(self) -> tuple[str, ...]:
        """All valid queries beside the topics."""
        texts: tuple[str, ...] = self.cleaned_data.get("queries", ())
        return texts

    def sampled(self) -> Choices:
        """The valid filters in the page's language, on the default schedule, whatever is wrong elsewhere."""
        return Choices(
            self.chosen_topics,
            self.all_queries(),
            Schedule("UTC", 7),
            self.cleaned_data["exclude"],
            self.cleaned_data["least_upvotes"],
            language=get_language() or ENGLISH,
            trending=self.trending_papers,
        )


def shared(choices: Choices) -> str:
    """The filters as the query string of an address: what `filters_in` reads."""
    fields: dict[str, object] = {"topics": [topic.slug for topic in choices.topics]}
    fields |= {"queries": "\n".join(choices.queries), "exclude": "\n".join(choices.exclude)}
    fields["least_upvotes"] = choices.least_upvotes or ""
    fields["trending"] = trending_value(choices.trending)
    return urlencode({name: value for name, value in fields.items() if value}, doseq=True)


def _worded(name: str, value: str) -> str:
    """What a field holds, as the name of its fold says it."""
    if name == "trending":
        return gettext("All") if value == "all" else gettext("Top %(number)s") % {"number": value}
    return f"upvotes>={value}" if name == "least_upvotes" else value


def trending_value(papers: int) -> str:
    """How many of the most upvoted papers, as a form and an address say it."""
    return "all" if papers == ALL else str(papers or "")


def filters_in(query: QueryDict) -> QueryDict:
    """The filters of an address, without anything else it says."""
    kept = QueryDict(mutable=True)
    for name in FILTERS:
        if name in query:
            kept.setlist(name, query.getlist(name))
    return kept


def lines(text: str) -> tuple[str, ...]:
    """The lines of `text` that are not empty, without the spaces around them."""
    return tuple(line for line in map(str.strip, text.splitlines()) if line)


def _stored(text: str) -> str:
    """The query in canonical form, empty if it cannot be read: as a topic whose wording was broken."""
    try:
        return str(parse_query(text))
    except QuerySyntaxError:
        return ""
