"""Letters: subject, text and HTML from templates, composed once for all who get the same."""

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from markupsafe import escape

from digest.compose.content import Brand, DigestContent, Logo, WelcomeContent
from digest.compose.digest_view import DigestView, Worded
from digest.compose.size_limit import Cut, best_cut
from digest.compose.templating import contrast
from digest.compose.templating.environment import TEMPLATES, letters
from digest.compose.templating.placeholders import LINKS, SEAM, STAND_IN
from digest.compose.templating.quoted_printable import body_size
from digest.compose.welcome import view_welcome
from digest.lib.locales import language_for
from digest.lib.safe_text import folded

HTML_LIMIT = 90_000  # octets of the encoded part; Gmail clips a mail at about 102 KB


@dataclass(frozen=True, slots=True)
class Personal:
    """What differs from reader to reader. `to` is a bare address, `message_id` stands in angle brackets.

    The links are absolute, empty where the letter has none; `vote_url` is what the links to judge a paper
    begin with, up to and with a slash.
    """

    to: str
    date: datetime
    message_id: str
    unsubscribe_url: str = ""
    preferences_url: str = ""
    web_url: str = ""
    vote_url: str = ""

    def links(self) -> dict[str, str]:
        """The links by the names of `Links`."""
        return {
            "unsubscribe": self.unsubscribe_url,
            "preferences": self.preferences_url,
            "web": self.web_url,
            "vote": self.vote_url,
        }


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished letter, but for its readers' links; `listed` letters carry the headers of a mailing list.

    `text` and `html` have LF line ends and hold the marks of `templating.placeholders`; the encoded HTML
    of a digest is at most `HTML_LIMIT` octets.
    """

    subject: str
    text: str
    html: str
    language: str = "en"
    listed: bool = False
    logo: Logo | None = None

    def as_text(self) -> "Letter":
        """The same without HTML, for readers who asked for text alone."""
        return replace(self, html="", logo=None)

    def html_for(self, personal: Personal) -> str:
        """The HTML as this reader sees it, as a page of its own."""
        links = personal.links() | {"logo": _as_data(self.logo)}
        return STAND_IN.sub(lambda link: str(escape(links[link[1]])), self.html.replace(SEAM, ""))

    def text_for(self, personal: Personal) -> str:
        """The plain text as this reader sees it."""
        links = personal.links()
        return STAND_IN.sub(lambda link: links[link[1]], self.text.replace(SEAM, ""))


class Context(Protocol):
    """What the templates of one letter print."""

    @property
    def language(self) -> str: ...


def compose(
    name: str, context: Context, brand: Brand, *, listed: bool = False, templates: Path = TEMPLATES
) -> Letter:
    """The letter `name`, from `name.subject`, `name.txt` and `name.html` in `templates`.

    Templates see the context as `content`, and `brand`, `links`, `accent` and `accent_dark`. They speak
    the context's language, or English.
    """
    printed = _Printer(context, brand, templates)
    return Letter(
        subject=folded(printed(f"{name}.subject")),
        text=_spaced(printed(f"{name}.txt")),
        html=printed(f"{name}.html"),
        language=printed.language,
        listed=listed,
        logo=brand.logo,
    )


def compose_digest(
    content: DigestContent, brand: Brand, *, votes: bool = True, templates: Path = TEMPLATES
) -> Letter:
    """The digest of one selection: in full as far as its HTML fits `HTML_LIMIT`, the rest in brief.

    With `votes` papers have links to judge them, which need a reader's `vote_url`.
    """
    worded = Worded(content)

    @cache
    def printed(cut: Cut) -> tuple[DigestView, str]:
        view = worded.view(cut.full, cut.lines)
        return view, _Printer(view, brand, templates, votes=votes)("digest.html")

    def size(cut: Cut) -> int:
        _, html = printed(cut)
        return body_size(html, "html", brand.site_url)

    view, html = printed(best_cut(worded.papers, worded.lines, size, HTML_LIMIT))
    return _digest(html, _Printer(view, brand, templates, votes=votes), brand)


def compose_page(
    content: DigestContent, brand: Brand, *, votes: bool = True, templates: Path = TEMPLATES
) -> Letter:
    """The digest of one selection for the web: every paper in full, with its whole abstract."""
    view = Worded(content, whole=True).all()
    printed = _Printer(view, brand, templates, votes=votes)
    return _digest(printed("digest.html"), printed, brand)


def compose_welcome(content: WelcomeContent, brand: Brand, *, templates: Path = TEMPLATES) -> Letter:
    """The first letter after confirming, with the best of a week in full."""
    return compose("welcome", view_welcome(content), brand, listed=True, templates=templates)


def _digest(html: str, printed: "_Printer", brand: Brand) -> Letter:
    return Letter(
        subject=folded(printed("digest.subject")),
        text=_spaced(printed("digest.txt")),
        html=html,
        language=printed.language,
        listed=True,
        logo=brand.logo,
    )


class _Printer:
    """Prints templates with one context."""

    def __init__(self, context: Context, brand: Brand, templates: Path, *, votes: bool = False) -> None:
        self.language = language_for(context.language).code
        self._templates = letters(templates, self.language)
        self._variables = {
            "content": context,
            "brand": brand,
            "links": LINKS,
            "votes": votes,
            "accent": contrast.on_light(brand.accent),
            "accent_dark": contrast.on_dark(brand.accent),
        }

    def __call__(self, name: str) -> str:
        return self._templates.get_template(name).render(self._variables)


def _as_data(logo: Logo | None) -> str:
    """A logo as an address that holds it, which pages may show."""
    return f"data:image/{logo.subtype};base64,{b64encode(logo.octets).decode('ascii')}" if logo else ""


def _spaced(text: str) -> str:
    """Text with at most one empty line in a row, and a line end at its end."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"
