"""What an operator may change of a reader by hand, and readers filtered by topic."""

# ruff: noqa: ARG002 - the signatures are Django's

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminSelectWidget

from digest.models import Topic
from subscriptions.accounts.preferences import WEEKDAYS
from subscriptions.models import FilterSet, Subscriber
from subscriptions.web.forms import hours, time_zones


class ScheduleForm(ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """All that an operator changes by hand; the rest is the reader's choice, or a button."""

    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone) for zone in time_zones()], widget=UnfoldAdminSelect2Widget
    )
    hour = forms.TypedChoiceField(choices=hours, coerce=int, widget=UnfoldAdminSelectWidget)
    weekday = forms.TypedChoiceField(
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )


class TopicFilter(admin.SimpleListFilter):
    """Readers who follow a topic, or get what is trending; by their filter sets: nobody is counted twice."""

    title = "topic"
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        topics = [(str(pk), name) for pk, name in Topic.objects.values_list("pk", "name")]
        return [*topics, ("trending", "Trending")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        topic = self.value() or ""
        if topic == "trending":
            return queryset.filter(filter_set__in=FilterSet.objects.filter(trending__gt=0))
        if not topic.isdecimal():
            return queryset
        return queryset.filter(filter_set__in=FilterSet.objects.filter(topics=int(topic)))
