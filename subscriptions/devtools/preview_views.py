"""Every mail and every page with invented and hostile content, to look at. DEBUG only."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from digest.archive.samples import PageCase
from digest.compose import Letter, Sender, prepare
from digest.compose.samples import READER
from digest.web.page_language import in_english
from digest.web.rendering import exists_if, show, show_mail
from subscriptions.devtools.letter_samples import SAMPLES
from subscriptions.devtools.page_samples import PAGES

SENDER = Sender(
    from_="Paper Digest <digest@example.org>", list_id="digest.example.org", feedback_id="digest:preview"
)
PARTS = ("html", "text", "headers")


@dataclass(frozen=True, slots=True)
class IndexPage:
    """What there is to look at: the letters by template and case, the pages by their address."""

    letters: tuple[tuple[str, str], ...]
    pages: Mapping[str, PageCase]


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One letter and the part of it that is shown; `body` is the text or the headers."""

    template: str
    case: str
    subject: str
    part: str
    body: str
    parts: tuple[str, ...] = PARTS


debug_only = exists_if(lambda: settings.DEBUG)


@debug_only
@require_safe
@in_english
def index(request: HttpRequest) -> HttpResponse:
    """All cases."""
    return show(request, "web/previews/index.html", IndexPage(tuple(SAMPLES), PAGES))


@debug_only
@require_safe
@in_english
def email(request: HttpRequest, template: str, case: str) -> HttpResponse:
    """One letter: its HTML at two widths, or the part that `?show=` names."""
    letter = _letter(template, case)
    part = request.GET.get("show", "html")
    bodies = {"text": lambda: letter.text_for(READER), "headers": lambda: _headers(letter)}
    body = bodies[part]() if part in bodies else ""
    page = LetterPage(template, case, letter.subject, part if part in PARTS else "html", body)
    return show(request, "web/previews/letter.html", page)


@debug_only
@require_safe
def email_html(_request: HttpRequest, template: str, case: str) -> HttpResponse:
    """A letter's HTML part, to be framed."""
    return show_mail(_letter(template, case).html_for(READER), target="_blank")


@debug_only
@require_safe
def page(request: HttpRequest, case: str) -> HttpResponse:
    """One page in one state, as a visitor would see it; its forms are real, its tokens are not."""
    if case not in PAGES:
        raise Http404
    found = PAGES[case]
    return show(request, found.template, found.page() if found.page else None)


def _letter(template: str, case: str) -> Letter:
    if (template, case) not in SAMPLES:
        raise Http404
    return SAMPLES[template, case]()


def _headers(letter: Letter) -> str:
    head, _, _ = prepare(letter, SENDER).message(READER).partition(b"\r\n\r\n")
    return head.decode().replace("\r\n", "\n")
