"""Filters with the organisations and authors that a reader follows, as names."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from digest.matching import Field, QuerySyntaxError
from subscriptions.accounts import query_builder
from subscriptions.web.filters_form import FILTERS, MOST_FOLLOWED, FiltersForm, lines


class FollowingForm(FiltersForm):
    """The filters; organisations and authors are names, one a line."""

    organizations = forms.CharField(required=False, max_length=5_000)
    authors = forms.CharField(required=False, max_length=5_000)

    filter_fields = frozenset({*FILTERS, "organizations", "authors"})
    naming = FiltersForm.naming | {"organizations", "authors"}

    def clean_organizations(self) -> tuple[str, ...]:
        """The queries that follow the organisations."""
        return self._followed("organizations", Field.ORG)

    def clean_authors(self) -> tuple[str, ...]:
        """The queries that follow the authors."""
        return self._followed("authors", Field.AUTHOR)

    def _followed(self, name: str, field: Field) -> tuple[str, ...]:
        names = lines(self.cleaned_data[name])
        if len(names) > MOST_FOLLOWED:
            text = gettext("These are %(number)s names, and %(most)s is the most.")
            raise ValidationError(text % {"number": len(names), "most": MOST_FOLLOWED})
        queries = []
        for one in names:
            try:
                queries.append(query_builder.query_for(field, one))
            except QuerySyntaxError as error:
                text = gettext("“%(name)s” holds no name. Write letters or digits.")
                raise ValidationError(text % {"name": one}) from error
        return tuple(queries)

    def all_queries(self) -> tuple[str, ...]:
        """The own queries, and those that follow somebody."""
        given = self.cleaned_data
        return (*super().all_queries(), *given.get("organizations", ()), *given.get("authors", ()))
