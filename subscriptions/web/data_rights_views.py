"""Pages behind fresh links: download everything, erase everything, change the address. A press each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from digest.web import page_language
from digest.web.limits import throttling
from digest.web.rendering import show
from subscriptions import tasks
from subscriptions.accounts import data_rights
from subscriptions.lib import signed_links
from subscriptions.lib.signed_links import FreshPurpose
from subscriptions.models import Subscriber
from subscriptions.web.reader_views import View, behind_link

Given = ParamSpec("Given")
FreshLinkView = Callable[Concatenate[HttpRequest, Subscriber, Given], HttpResponse]


@dataclass(frozen=True, slots=True)
class DataPage:
    """Where the file is."""

    download: str


@dataclass(frozen=True, slots=True)
class ErasePage:
    """Whether it is done."""

    erased: bool


@dataclass(frozen=True, slots=True)
class MovePage:
    """The new address as typed, what is wrong with it, and whether a letter is on its way there."""

    address: str = ""
    problem: str = ""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class AddressPage:
    """The new address; `done` is “”, “changed” or “taken”."""

    address: str
    done: str = ""


def behind_fresh_link(
    purpose: FreshPurpose,
) -> Callable[[FreshLinkView[Given]], View[...]]:
    """A page behind a link that was mailed within the last half hour."""

    def decorate(view: FreshLinkView[Given]) -> View[...]:
        @wraps(view)
        def guarded(
            request: HttpRequest, token: str, *args: Given.args, **kwargs: Given.kwargs
        ) -> HttpResponse:
            subscriber = signed_links.fresh_subscriber_for(token, purpose, timezone.now())
            if subscriber is None:
                return show(request, "web/old_link.html", status=404)
            page_language.activate(subscriber.language)
            return view(request, subscriber, *args, **kwargs)

        return behind_link(guarded)

    return decorate


@behind_fresh_link("export")
@require_safe
def export(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Offer the file; with `?file=1` it is the answer."""
    if "file" not in request.GET:
        return show(request, "web/account/export.html", DataPage("?file=1"))
    response = JsonResponse(data_rights.everything_about(subscriber), json_dumps_params={"indent": 1})
    response["Content-Disposition"] = 'attachment; filename="paper-digest-data.json"'
    return response


@behind_fresh_link("erase")
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Say what goes; on POST it is gone."""
    pressed = request.method == "POST"
    if pressed:
        data_rights.erase(subscriber)
    return show(request, "web/account/erase.html", ErasePage(erased=pressed))


@behind_fresh_link("move")
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Ask for the new address; on POST a letter goes there, whatever the address is to us."""
    if request.method != "POST":
        return show(request, "web/account/move.html", MovePage())
    address = request.POST.get("email", "")[:254]
    try:
        data_rights.offer_address(subscriber, address, timezone.now())
    except ValidationError as error:
        page = MovePage(address, " ".join(error.messages))
        return show(request, "web/account/move.html", page, status=422)
    tasks.wake()
    return show(request, "web/account/move.html", MovePage(asked=True))


@behind_fresh_link("address")
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show the new address; on POST digests go there."""
    new = subscriber.new_email
    if request.method != "POST":
        return show(request, "web/account/address.html", AddressPage(new))
    changed = data_rights.change_address(subscriber, throttling.client_address(request), timezone.now())
    if changed:
        tasks.wake()
    return show(request, "web/account/address.html", AddressPage(new, "changed" if changed else "taken"))
