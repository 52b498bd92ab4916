"""The language of a page, and the addresses that keep it. No cookie takes part.

`?lang=de` in the address → else the reader's, behind their links → else what the browser accepts → English

An address asks for a language only once somebody chose one: then all links of the page ask for it too. Any
other address answers in the browser's language and says so to caches (Vary).
"""

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from digest.lib.languages import ENGLISH
from digest.lib.locales import Language, language_for
from digest.lib.messages import DeferredText

Given = ParamSpec("Given")

LANGUAGE_PARAMETER = "lang"  # of an address
_REFUSED = re.compile(r";\s*q=0(\.0*)?\s*$")


@dataclass(frozen=True, slots=True)
class _Visit:
    """What links depend on: the language they ask for, what else the page was asked; both may be empty."""

    chosen: str = ""
    asked: str = ""


_visit: ContextVar[_Visit] = ContextVar("visit", default=_Visit())  # noqa: B039  # frozen


def middleware(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer in the visitor's language. The admin is an operator's tool, and English."""

    def answered(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(reverse("admin:index")):
            with translation.override(ENGLISH):
                return answer(request)
        asked = request.GET.get(LANGUAGE_PARAMETER, "")
        chosen = asked if asked in dict(settings.LANGUAGES) else ""
        before = _visit.set(_Visit(chosen, _asked(request)))
        try:
            with translation.override(chosen or _accepted(request)):
                response = answer(request)
        finally:
            _visit.reset(before)
        if not chosen:
            patch_vary_headers(response, ["Accept-Language"])
        return response

    return answered


def activate(code: str) -> None:
    """Go on in the language of the reader whose link was followed, unless the address asks for another."""
    visit = _visit.get()
    if not visit.chosen:
        _visit.set(replace(visit, chosen=code))
        translation.activate(code)


def in_english(view: Callable[Given, HttpResponse]) -> Callable[Given, HttpResponse]:
    """A page for whoever runs the service, whatever language is asked for; nothing on it leads to another."""

    @wraps(view)
    def answered(*args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        _visit.set(replace(_visit.get(), asked=""))
        with translation.override(ENGLISH):
            return view(*args, **kwargs)

    return answered


def current_language() -> Language:
    """The language of the page: its numbers, lists and dates."""
    return language_for(translation.get_language() or ENGLISH)


def translate(text: DeferredText) -> str:
    """What the engine said, in the language of the page."""
    return translation.gettext(text.text) % text.values


def chosen() -> str:
    """The language that links of the page ask for, or "": for forms that are sent by GET."""
    return _visit.get().chosen


def url(name: str, *arguments: object, **query: object) -> str:
    """The path of the page called `name`, with what `query` asks for, in the language that was chosen."""
    asked = {**query, LANGUAGE_PARAMETER: chosen()} if chosen() else query
    return reverse(name, args=arguments) + (f"?{urlencode(asked)}" if asked else "")


def addresses(
    name: str, arguments: Sequence[object], number: int = 1
) -> tuple[str, Sequence[tuple[str, str]]]:
    """The absolute address of a page, and those of all its languages, as `hreflang` names them.

    “x-default” is the one that asks for no language. `number` is which page of a long list it is.
    """
    bare = settings.SITE_URL + reverse(name, args=arguments)
    page: dict[str, object] = {"page": number} if number > 1 else {}
    asked = {
        "x-default": page,
        **{code: {**page, LANGUAGE_PARAMETER: code} for code, _ in settings.LANGUAGES},
    }
    every = {code: bare + (f"?{urlencode(query)}" if query else "") for code, query in asked.items()}
    return every[chosen() or "x-default"], list(every.items())


def language_links() -> Sequence[tuple[str, str, str]]:
    """Where this page is in each other language: code, name, relative address. None where a form was sent."""
    asked, current = _visit.get().asked, translation.get_language()
    others = ((code, name) for code, name in settings.LANGUAGES if asked and code != current)
    return [(code, name, f"{asked}{LANGUAGE_PARAMETER}={code}") for code, name in others]


def _asked(request: HttpRequest) -> str:
    """The query of the address, up to where it asks for a language.

    The path is left out: what anybody puts there (“//elsewhere.example”) must not become a link.
    """
    if request.method not in {"GET", "HEAD"}:
        return ""
    query = request.GET.copy()
    query.pop(LANGUAGE_PARAMETER, None)
    return f"?{query.urlencode()}{'&' if query else ''}"


def _accepted(request: HttpRequest) -> str:
    """The language that the browser would rather have, of those there are.

    Django is shown the header alone, so that a cookie of another application on this host decides nothing,
    and not what the header refuses (q=0), which it would take for a request.
    """
    ranges = request.headers.get("Accept-Language", "").split(",")
    bare = HttpRequest()
    bare.META["HTTP_ACCEPT_LANGUAGE"] = ",".join(one for one in ranges if not _REFUSED.search(one))
    return translation.get_language_from_request(bare)
