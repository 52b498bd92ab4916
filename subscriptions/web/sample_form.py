"""What samples are made from: filters, and a library as `library_sample` holds it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from digest.models import Topic
from subscriptions.accounts.library import DAILY
from subscriptions.accounts.preferences import Choices
from subscriptions.web import library_sample
from subscriptions.web.following_form import FollowingForm
from subscriptions.web.library_form import MOST_DAILY
from subscriptions.web.library_sample import LibrarySample

_FIELDS = (*library_sample.FIELDS, "library_daily", "library_order_only")


class SampleForm(FollowingForm):
    """Filters, and the library beside them."""

    brought = forms.CharField(required=False)
    listed = forms.CharField(required=False)
    library_daily = forms.IntegerField(required=False, min_value=1, max_value=MOST_DAILY)
    library_order_only = forms.BooleanField(required=False)

    @property
    def sampled_library(self) -> LibrarySample:
        given = self.cleaned_data
        most = 0 if given.get("library_order_only") else given.get("library_daily") or DAILY
        return library_sample.read(given, most)

    @property
    def brings_papers(self) -> bool:
        return self.sampled_library.is_there

    def sampled(self) -> Choices:
        return replace(super().sampled(), library_daily=self.sampled_library.most)


def sampled_filters(values: Mapping[str, Any], offered: Iterable[Topic]) -> SampleForm:
    """The filters among `values`, for a sample: topics that are not offered bring nothing."""
    topics = tuple(offered)
    slugs = {topic.slug for topic in topics}
    ticked = values.getlist("topics") if isinstance(values, MultiValueDict) else values.get("topics", [])
    fields = {name: values.get(name, "") for name in (*SampleForm.filter_fields, *_FIELDS)}
    return SampleForm(fields | {"topics": [slug for slug in ticked if slug in slugs]}, topics)
