"""HTML and JATS in titles and abstracts that are meant as text."""

import html
import re

# Elements that publishers put into titles and abstracts. Other things in angle brackets are text: "<eos>".
_INLINE = "a|abbr|b|bold|em|i|italic|mark|s|sc|small|span|strong|sub|sup|tt|u|underline"
_BLOCK = "abstract|br|div|h[1-6]|label|li|ol|p|section|sec|title|ul"
_TAG = re.compile(
    rf"</?(?:(?:jats|jats1):)?(?:(?P<block>{_BLOCK})|{_INLINE})(?:\s[^<>]{{0,500}})?/?>", re.IGNORECASE
)
_HEADING = re.compile(
    r"<((?:jats:)?(?:h[1-6]|title|label))(?:\s[^<>]{0,200})?>\s?([^<>]{1,100}?)\s?:?\s?</\1>", re.IGNORECASE
)
_LONGEST = 200_000  # characters that are looked at: what is shown is cut far shorter
_REFERENCE = re.compile(r"&(?:[a-zA-Z]{2,10}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")

# What a page's text is made of beside these.
_OF_A_PAGE = re.compile(
    r"</?(?:article|aside|audio|blockquote|center|cite|code|dd|del|dl|dt|embed|figcaption|figure|font|footer"
    r"|header|hr|iframe|img|ins|nav|object|picture|pre|q|source|table|tbody|td|th|thead|tr|video)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_NOT_SHOWN = re.compile(
    r"(</(?:script|style)\s?>|-->)|<(?:script|style)(?:\s[^<>]{0,2000})?>|<!--", re.IGNORECASE
)
_PAGE = re.compile(
    r"<(?:p|div|br|img|a|ul|ol|h[1-6]|table|figure|blockquote)(?:\s[^<>]{0,2000})?/?>", re.IGNORECASE
)


def without_markup(text: str) -> str:
    """The text, on one line, without tags and character references, also where these were escaped twice.

    Headings become labels: "<h4>Results</h4>We find" is "Results: We find".
    """
    text = text[:_LONGEST]
    if _REFERENCE.search(text):
        text = html.unescape(text)
    text = " ".join(text.split())
    text = _HEADING.sub(r" \2: ", text)
    text = _TAG.sub(lambda tag: " " if tag["block"] else "", text)
    return html.unescape(text) if _REFERENCE.search(text) else text


def without_page_markup(text: str) -> str:
    """The text of a piece of a page, as blogs put it into feeds: without pictures, tables and scripts too.

    What holds no element that makes it one is text, in which "<source>" may be a word.
    """
    text = text[:_LONGEST]
    if _REFERENCE.search(text) and "<" not in text:
        text = html.unescape(text)
    if _PAGE.search(text):
        shown = _NOT_SHOWN.split(text)  # text, what ended something that is not shown, text, …
        text = shown[0] + "".join(after for end, after in zip(shown[1::2], shown[2::2], strict=True) if end)
        text = _OF_A_PAGE.sub(" ", text)
    return without_markup(text)
