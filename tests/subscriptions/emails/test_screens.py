"""The mails as Chromium shows them: light, dark, on a narrow phone and without images."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from PIL import ImageStat
from playwright.sync_api import Browser, Page, Request

from digest.compose import DigestContent, Letter, compose_digest
from digest.compose.paper.view import view_paper
from digest.compose.samples import BRAND, DIGESTS, READER
from digest.lib.locales import language_for
from digest.lib.safe_text import folded
from tests.digest.compose.letters import BRANDED
from tests.services.look import SHARP, picture_of, problems
from tests.subscriptions.emails.composed import COMPOSED

pytestmark = pytest.mark.services

Screens = dict[str, Page]

CASES = [
    "one",
    "many",
    "logo",
    "no-abstract",
    "hostile",
    "weekly",
    "german",
    "page",
    "welcome-plain",
    "goodbye-plain",
    "alarm-plain",
]
WIDE, NARROW = ({"viewport": {"width": width, "height": 900}, **SHARP} for width in (700, 320))
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", **WIDE},
    "dark": {"color_scheme": "dark", **WIDE},
    "narrow": {"color_scheme": "light", **NARROW},
    "narrow and dark": {"color_scheme": "dark", **NARROW},
}

# Ways to spoil a mail that a person would see at once: on a screen, by a style or by a change of the page.
SPOILED = {
    "reasons gone": ("light", "p.why { display: none !important }"),
    "reasons without a colour": ("light", ".why { color: transparent !important }"),
    "abstracts faded": ("light", ".text { opacity: 0.3 }"),
    "ink forgotten in the dark": ("dark", ".ink { color: #1c1f23 !important }"),
    "marks gone": ("dark", ".hit { border-bottom: none !important }"),
    "lines on each other": ("light", ".why { margin-top: -16px !important }"),
    "a box over the papers": (
        "light",
        ".sheet::after { content: ''; position: absolute; inset: 200px 0; background: #fff }",
    ),
    "an abstract cut off": ("light", ".text { max-height: 30px; overflow: hidden }"),
    "a table that does not shrink": ("narrow", ".head { width: 400px !important }"),
    "a title that does not break": ("narrow", ".title { white-space: nowrap }"),
    "small print": ("light", ".small { font-size: 9px !important }"),
    "a dot without a colour": ("light", ".dot { background: none !important }"),
    "a section gone": ("light", "h2.topic:nth-of-type(2) { display: none }"),
    "votes gone": ("narrow", ".votes { visibility: hidden }"),
    "the preheader shown": ("light", ".preheader { display: block !important; max-height: none !important }"),
}


@pytest.fixture(scope="module")
def screens(browser: Browser) -> Iterator[Screens]:
    """One page each: a new one for each test would take as long as all that is done with it."""
    pages = {name: browser.new_page(**options) for name, options in SCREENS.items()}
    yield pages
    for page in pages.values():
        page.close()


def shown(page: Page, letter: Letter) -> Page:
    page.set_content(letter.html_for(READER))
    return page


def said_of(content: DigestContent) -> Iterator[str]:
    """What a digest must say, from top to bottom, with cuts and words as the composing tests have them."""
    words = language_for(content.language)
    sections = [section for section in content.sections if section.items]
    groups = [*((section.name, section.items) for section in sections), ("", content.carried)]
    for name, items in groups:
        yield name
        for item in items:
            paper = view_paper(item, words, whole=False)
            yield from (
                paper.title,
                *(fact.text for fact in paper.facts),
                paper.summary,
                paper.excerpt,
                paper.why,
                paper.note,
            )
            yield from (link.label for link in paper.links)
            yield from map(words.gettext, ("More like this", "Less", "Save"))
    for section in content.more:
        yield from (view_paper(item, words, whole=False).title for item in section.items)
    yield from (folded(near.record.title) for near in content.near)
    yield words.gettext("Preferences")
    yield BRAND.address


def wrong_with(page: Page, content: DigestContent | None = None) -> list[str]:
    """What a person would see wrong with the mail on this page, which should say what is in `content`."""
    found = problems(page, smallest=14)
    found += ["a dot of no colour"] * page.locator(".dot").evaluate_all(_FAINT)
    found += ["a mark that nobody sees"] * page.locator(".hit").evaluate_all(_UNMARKED)
    text = _squeezed(page.locator("body").inner_text())
    if page.locator(".preheader").is_visible():
        found.append("the preheader is seen")
    place = 0
    for said in map(_squeezed, said_of(content)) if content else ():
        at = text.find(said, place)
        if at < 0:
            found.append(f"not said in its place: {said}")
        place = max(at, place)
    return found


_FAINT = """dots => dots.filter(
  dot => !dot.offsetWidth || getComputedStyle(dot).backgroundColor === "rgba(0, 0, 0, 0)"
).length"""

_UNMARKED = """hits => hits.filter(hit => {
  const {borderBottomStyle, borderBottomWidth} = getComputedStyle(hit);
  return borderBottomStyle !== "solid" || parseFloat(borderBottomWidth) < 2;
}).length"""


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("case", CASES)
def test_all_of_a_mail_can_be_read(screens: Screens, case: str, screen: str) -> None:
    page = screens[screen]
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    shown(page, COMPOSED[case])
    assert wrong_with(page, DIGESTS.get(case)) == []
    brightness = ImageStat.Stat(picture_of(page).convert("L")).mean[0]
    page.remove_listener("request", note)
    assert brightness < 70 if "dark" in screen else brightness > 200
    assert [url for url in asked if not url.startswith(("data:", "about:"))] == []


@pytest.mark.parametrize("case", ["one", "many", "no-abstract", "hostile"])
@pytest.mark.parametrize("screen", SCREENS)
def test_without_images_a_mail_says_all_the_same(screens: Screens, case: str, screen: str) -> None:
    """Most programs show none at first: the logo is then the name, and there is no other image."""
    page = screens[screen]
    page.set_content(compose_digest(DIGESTS[case], BRANDED).html_for(READER).replace('src="data:', 'src="x:'))
    assert [image.get_attribute("alt") for image in page.locator("img").all()] == ["Paper Digest"]
    assert wrong_with(page, DIGESTS[case]) == []


def test_without_its_style_blocks_a_mail_is_as_on_paper(screens: Screens) -> None:
    """Some programs drop them: what stands in the elements must do."""
    page = shown(screens["dark"], COMPOSED["many"])
    page.evaluate("document.querySelectorAll('style').forEach(style => style.remove())")
    assert wrong_with(page, DIGESTS["many"]) == []


@pytest.mark.parametrize("what", SPOILED)
def test_a_mail_that_looks_wrong_is_noticed(screens: Screens, what: str) -> None:
    """What the tests above look for is found where it is: each of these would be seen at once."""
    screen, style = SPOILED[what]
    page = shown(screens[screen], COMPOSED["many"])
    page.add_style_tag(content=style)
    assert wrong_with(page, DIGESTS["many"]) != []


@pytest.mark.parametrize("part", ["h2.topic", "h3.title", "p.why", "p.text", "td.votes", "div.foot"])
def test_a_part_that_is_missing_is_noticed(screens: Screens, part: str) -> None:
    page = shown(screens["light"], COMPOSED["many"])
    page.locator(part).first.evaluate("part => part.remove()")
    assert wrong_with(page, DIGESTS["many"]) != []


@pytest.mark.parametrize("day", [date(2025, 11, 5), date(2025, 9, 30)])
@pytest.mark.parametrize("case", ["many", "german"])
def test_on_the_narrowest_phone_the_head_of_a_digest_is_one_line(
    screens: Screens, case: str, day: date
) -> None:
    page = shown(screens["narrow"], compose_digest(replace(DIGESTS[case], day=day), BRAND))
    boxes = page.locator("h1, td.aside a").evaluate_all(
        "found => found.map(each => each.getBoundingClientRect()).map(({top, bottom}) => [top, bottom])"
    )
    assert len(boxes) == 2
    assert max(bottom for _, bottom in boxes) - min(top for top, _ in boxes) < 30


def test_links_are_large_enough_for_a_thumb(browser: Browser) -> None:
    """WCAG 2.2, 2.5.8: targets of at least 24 by 24 CSS pixels, or as far apart."""
    page = shown(browser.new_page(viewport={"width": 320, "height": 640}), COMPOSED["many"])
    boxes = page.evaluate(
        "[...document.querySelectorAll('td.acts a, td.votes a')].map(a => a.getBoundingClientRect().height)"
    )
    page.close()
    assert boxes
    assert min(boxes) >= 24
