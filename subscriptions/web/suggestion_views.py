"""The page behind a suggestion in a digest: take, decline or undo it. GET changes nothing, as with votes."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from digest.web.rendering import show, topic_name
from subscriptions.accounts import suggestions
from subscriptions.lib import signed_links
from subscriptions.models import Suggestion
from subscriptions.web.reader_views import behind_link
from subscriptions.web.vote_views import LONGEST_NAME, digest_behind, has_left

_PRESSES = {"take": suggestions.take, "decline": suggestions.decline, "undo": suggestions.undo}


@dataclass(frozen=True, slots=True)
class SuggestionPage:
    """A change, by what it adds or the upvotes it asks for, and what was answered. `left`: as for votes."""

    name: str
    own: bool
    least_upvotes: int
    answer: str
    preferences: str
    back: str
    left: bool = False


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def suggestion(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the change is wanted; on POST make it, decline it, or take it back."""
    delivery = digest_behind(token)
    found = Suggestion.objects.filter(delivery=delivery).first() if delivery else None
    if delivery is None or found is None or suggestions.is_gone(found):
        return show(request, "web/bad_link.html", status=404)
    reader = delivery.subscriber
    press = _PRESSES.get(request.POST.get("press", ""))
    if press:
        press(found, timezone.now())
    topic = suggestions.topic_of(found.query)
    page = SuggestionPage(
        name=topic_name(topic.name) if topic else found.query[:LONGEST_NAME],
        own=topic is None,
        least_upvotes=found.least_upvotes,
        answer=found.answer,
        preferences=signed_links.url("preferences", reader),
        back=signed_links.url("read", reader, delivery.pk),
        left=has_left(reader),
    )
    return show(request, "web/suggestion.html", page)
