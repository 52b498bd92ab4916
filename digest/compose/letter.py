"""Letters: subject, text and HTML from templates, composed once for all who get the same."""

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from markupsafe import escape

from digest.compose.blocks import blocks_for, variables
from digest.compose.content import Brand, DigestContent, Logo, WelcomeContent
from digest.compose.digest_view import DigestPresenter
from digest.compose.size_limit import Sizes
from digest.compose.templating.environment import TEMPLATES, letter_environment, spaced
from digest.compose.templating.placeholders import PLACEHOLDER
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

    `text` and `html` have LF line ends and hold the placeholders of `templating.placeholders`. The encoded
    HTML of a digest is at most `HTML_LIMIT` octets.
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
        return PLACEHOLDER.sub(lambda link: str(escape(links[link[1]])), self.html)

    def text_for(self, personal: Personal) -> str:
        """The plain text as this reader sees it."""
        links = personal.links()
        return PLACEHOLDER.sub(lambda link: links[link[1]], self.text)


class Context(Protocol):
    """The values that the templates of one letter print."""

    @property
    def language(self) -> str: ...


def compose(
    name: str, context: Context, brand: Brand, *, listed: bool = False, templates: Path = TEMPLATES
) -> Letter:
    """The letter `name`, from `name.subject`, `name.txt` and `name.html` in `templates`.

    Templates see the context as `content`, and `brand`, `links`, `accent` and `accent_dark`. Their
    texts are in the context's language, or in English.
    """
    renderer = _Renderer(context, brand, templates)
    return Letter(
        subject=folded(renderer.render(f"{name}.subject")),
        text=spaced(renderer.render(f"{name}.txt")),
        html=renderer.render(f"{name}.html"),
        language=renderer.language,
        listed=listed,
        logo=brand.logo,
    )


def compose_digest(
    content: DigestContent, brand: Brand, *, votes: bool = True, templates: Path = TEMPLATES
) -> Letter:
    """The digest of one selection: in full as far as its HTML fits `HTML_LIMIT`, the rest in brief.

    With `votes` papers have links to judge them, which need a reader's `vote_url`.
    """
    presenter = DigestPresenter(content)
    blocks = blocks_for(templates, presenter.language.code, "digest.html", brand, votes=votes)
    fit = Sizes(presenter, blocks, HTML_LIMIT).best
    renderer = _Renderer(presenter.view(fit.full, fit.lines), brand, templates, votes=votes)
    return _digest(renderer.render("digest.html"), renderer, brand)


def compose_page(
    content: DigestContent, brand: Brand, *, votes: bool = True, templates: Path = TEMPLATES
) -> Letter:
    """The digest of one selection for the web: every paper in full, with its whole abstract."""
    view = DigestPresenter(content, whole=True).all()
    renderer = _Renderer(view, brand, templates, votes=votes)
    return _digest(renderer.render("digest.html"), renderer, brand)


def compose_welcome(content: WelcomeContent, brand: Brand, *, templates: Path = TEMPLATES) -> Letter:
    """The first letter after confirming, with the best of a week in full."""
    return compose("welcome", view_welcome(content), brand, listed=True, templates=templates)


def _digest(html: str, renderer: "_Renderer", brand: Brand) -> Letter:
    return Letter(
        subject=folded(renderer.render("digest.subject")),
        text=spaced(renderer.render("digest.txt")),
        html=html,
        language=renderer.language,
        listed=True,
        logo=brand.logo,
    )


class _Renderer:
    """Renders templates with one context."""

    def __init__(self, context: Context, brand: Brand, templates: Path, *, votes: bool = False) -> None:
        self.language = language_for(context.language).code
        self._templates = letter_environment(templates, self.language)
        self._variables = variables(brand, votes=votes) | {"content": context}

    def render(self, name: str) -> str:
        return self._templates.get_template(name).render(self._variables)


def _as_data(logo: Logo | None) -> str:
    """A logo as an address that holds it, which pages may show."""
    return f"data:image/{logo.subtype};base64,{b64encode(logo.octets).decode('ascii')}" if logo else ""
