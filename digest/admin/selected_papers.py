"""A digest's papers as the rooms show them."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from digest.models import Selection
from digest.selection.content import Reading


def papers_by_filter(selection: Selection) -> SafeString:
    """The papers under the filter that brought each, then those carried over from an unsure mail."""
    return render_to_string("digest/papers_by_filter.html", {"content": Reading().content_of(selection)})
