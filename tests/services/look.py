"""What a person would see wrong with a page: read from its picture, so that no stored one is needed.

Every line of text must stand out in the picture from what is behind it, whatever hides it if it does not:
its colour, its opacity, something above it, a box that cuts it off. Lines must not lie on each other, nor
stick out sideways. The picture has two pixels for one of CSS, so that thin strokes keep their colour.
"""

import base64
import io
import re
from collections.abc import Iterator
from typing import Any

from PIL import Image
from playwright.sync_api import Page

SHARP: dict[str, Any] = {"device_scale_factor": 2}
_SIZE = """() => {
  const {scrollWidth, scrollHeight} = document.documentElement;
  return [Math.max(scrollWidth, innerWidth), Math.max(scrollHeight, innerHeight)];
}"""
_FAST = {"captureBeyondViewport": True, "optimizeForSpeed": True}
CONTRAST = 4.5  # WCAG 2.2, 1.4.3
_INK = 0.01  # the share of a line's box that a few thin letters fill
_TOUCH = 2.5  # CSS pixels that the boxes of two lines may share
_NOT_SHOWN = ".preheader, .unseen, .skip, script, style, noscript, option, textarea, title"
_READ = """(notShown) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const node = texts.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest(notShown)) continue;
    if (element.closest("details:not([open]) > :not(summary)")) continue;
    // On what is open, what is chosen, or how wide the page is.
    const depends = element.closest(".to-open, .to-close, .fold-holds, .weekday, .tally a");
    if (depends && !depends.getClientRects().length) continue;
    const style = getComputedStyle(element), range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter(({width, height}) => width > 1 && height > 1);
    found.push({
      text: node.data.trim().replace(/\\s+/g, " ").slice(0, 60),
      size: parseFloat(style.fontSize),
      cut: style.textOverflow === "ellipsis" || !!element.closest("pre"),  // and meant to be, or it scrolls
      boxes: boxes.map(({x, y, width, height}) => [x + scrollX, y + scrollY, width, height]),
    });
  }
  return {found, wide: document.documentElement.scrollWidth, room: innerWidth};
}"""


def picture_of(page: Page) -> Image.Image:
    """The whole page. Playwright packs its own pictures as tightly as can be, which takes twice the time."""
    width, height = page.evaluate(_SIZE)
    whole = {"x": 0, "y": 0, "width": width, "height": height, "scale": SHARP["device_scale_factor"]}
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"clip": whole, **_FAST})
    session.detach()
    return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")


def problems(page: Page, smallest: float = 13) -> list[str]:
    """What is wrong with the look of `page`, a sentence each; its context must be `SHARP`."""
    read = page.evaluate(_READ, _NOT_SHOWN)
    picture = picture_of(page)
    found = read["found"]
    return [
        *_hidden_or_small(found, smallest),
        *_outside(read),
        *_faint(found, picture),
        *_overlapping(found),
    ]


def _hidden_or_small(found: list[dict[str, Any]], smallest: float) -> Iterator[str]:
    for text in found:
        if not text["boxes"] and re.search(r"\w", text["text"]):
            yield f"not shown: {text['text']}"
        if text["size"] < smallest:
            yield f"only {text['size']} pixels: {text['text']}"


def _outside(read: dict[str, Any]) -> Iterator[str]:
    if read["wide"] > read["room"]:
        yield f"{read['wide']} pixels wide, where there is room for {read['room']}"
    for text in read["found"]:
        sides = [(x, x + width) for x, _, width, _ in text["boxes"] if not text["cut"]]
        if any(left < 0 or right > read["room"] + 0.5 for left, right in sides):
            yield f"sticks out: {text['text']}"


def _faint(found: list[dict[str, Any]], picture: Image.Image) -> Iterator[str]:
    for text in found:
        if text["cut"] or not re.search(r"\w", text["text"]):
            continue
        wide = [box for box in text["boxes"] if box[2] > 1.5 * text["size"]]  # narrower, it may be “· ”
        for x, y, width, height in wide:
            line = picture.crop(tuple(round(2 * side) for side in (x, y, x + width, y + height)))
            if not _stands_out(line):
                yield f"cannot be read: {text['text']}"
                break


def _stands_out(line: Image.Image) -> bool:
    """Whether enough of a line's picture has enough contrast with its ground, the colour most of it has."""
    colours = line.getcolors(maxcolors=line.width * line.height) or []
    if not colours:
        return False
    ground = _luminance(max(colours)[1])
    ink = 0
    for count, colour in colours:
        dark, light = sorted((ground, _luminance(colour)))
        if (light + 0.05) / (dark + 0.05) >= CONTRAST:
            ink += count
    return ink >= _INK * line.width * line.height


def _luminance(colour: Any) -> float:
    parts = (part / 255 for part in colour)
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])


def _overlapping(found: list[dict[str, Any]]) -> Iterator[str]:
    boxes = [(n, *box) for n, text in enumerate(found) if not text["cut"] for box in text["boxes"]]
    for place, (one, x, y, width, height) in enumerate(boxes):
        for other, x2, y2, width2, height2 in boxes[place + 1 :]:
            across = min(x + width, x2 + width2) - max(x, x2)
            down = min(y + height, y2 + height2) - max(y, y2)
            if one != other and across > _TOUCH and down > _TOUCH:
                yield f"“{found[one]['text']}” and “{found[other]['text']}” lie on each other"
