"""The mails as Chromium shows them: light, dark, on a narrow phone and without images."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Browser, Page

from digest.compose import Letter, compose_digest
from digest.compose.previews import DIGESTS, READER
from tests.digest.compose.letters import BRANDED, LETTERS

pytestmark = pytest.mark.services

CASES = [
    "one",
    "many",
    "logo",
    "no-abstract",
    "hostile",
    "weekly",
    "german",
    "page",
    "welcome",
    "goodbye",
    "alarm",
]
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 700, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 700, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
    "narrow and dark": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
}

# The worst contrast of any text with what is behind it, the smallest text, and what sticks out sideways.
LOOK = """() => {
  const linear = c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(c => linear(c / 255))
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = rgb(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const worst = { contrast: 21, size: 99, text: '', outside: [] };
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const [dark, light] = [luminance(rgb(style.color)), luminance(behind(element))].sort((a, b) => a - b);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < worst.contrast) Object.assign(worst, { contrast, text: texts.currentNode.data });
    worst.size = Math.min(worst.size, parseFloat(style.fontSize));
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const { left, right } = range.getBoundingClientRect();
    if (left < 0 || right > innerWidth + 0.5) worst.outside.push(texts.currentNode.data.slice(0, 60));
  }
  worst.width = document.documentElement.scrollWidth;
  return worst;
}"""


def shown(page: Page, letter: Letter) -> Page:
    page.set_content(letter.html_for(READER))
    return page


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("case", CASES)
def test_all_of_a_mail_can_be_read(browser: Browser, case: str, screen: str) -> None:
    page = shown(browser.new_page(**SCREENS[screen]), LETTERS[case])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    look = page.evaluate(LOOK)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    page.close()
    assert look["outside"] == []
    assert look["width"] == picture.width == SCREENS[screen]["viewport"]["width"]
    assert look["contrast"] >= 4.5, look["text"]
    assert look["size"] >= 14
    brightness = ImageStat.Stat(picture.convert("L")).mean[0]
    assert brightness < 70 if "dark" in screen else brightness > 200
    assert [url for url in asked if not url.startswith("data:")] == []


@pytest.mark.parametrize("case", ["one", "many", "no-abstract", "hostile"])
def test_without_images_a_mail_says_all_the_same(browser: Browser, case: str) -> None:
    """Most programs show none at first: the logo is then the name, and there is no other image."""
    branded = compose_digest(DIGESTS[case], BRANDED)
    blocked = browser.new_page(viewport={"width": 700, "height": 900})
    blocked.set_content(branded.html_for(READER).replace('src="data:', 'src="blocked:'))
    assert [image.get_attribute("alt") for image in blocked.locator("img").all()] == ["Paper Digest"]
    look = blocked.evaluate(LOOK)
    assert look["outside"] == []
    assert look["contrast"] >= 4.5, look["text"]
    without = blocked.locator("body").inner_text().split()
    blocked.set_content(compose_digest(DIGESTS[case], replace(BRANDED, logo=None)).html_for(READER))
    with_name = blocked.locator("body").inner_text().split()
    blocked.close()
    assert [word for word in with_name if word not in {"Paper", "Digest"}] == [
        word for word in without if word not in {"Paper", "Digest"}
    ]


def test_without_its_style_blocks_a_mail_is_as_on_paper(browser: Browser) -> None:
    """Some programs drop them: what stands in the elements must do."""
    page = shown(
        browser.new_page(color_scheme="dark", viewport={"width": 700, "height": 900}), LETTERS["many"]
    )
    page.evaluate("document.querySelectorAll('style').forEach(style => style.remove())")
    look = page.evaluate(LOOK)
    assert look["contrast"] >= 4.5, look["text"]
    assert look["outside"] == []
    assert not page.locator(".preheader").is_visible()
    page.close()


def test_links_are_large_enough_for_a_thumb(browser: Browser) -> None:
    """WCAG 2.2, 2.5.8: targets of at least 24 by 24 CSS pixels, or as far apart."""
    page = shown(browser.new_page(viewport={"width": 320, "height": 640}), LETTERS["many"])
    boxes = page.evaluate(
        "[...document.querySelectorAll('td.acts a, td.votes a')].map(a => a.getBoundingClientRect().height)"
    )
    page.close()
    assert boxes
    assert min(boxes) >= 24
