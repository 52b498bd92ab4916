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
    r"<((?:jats:)?(?:h[1-6]|title|label))(?:\s[^<>]{0,200})?>\s*([^<>]{1,100}?)\s*:?\s*</\1>", re.IGNORECASE
)
_REFERENCE = re.compile(r"&(?:[a-zA-Z]{2,10}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")


def without_markup(text: str) -> str:
    """The text without tags and character references, also where these were escaped twice.

    Headings become labels: "<h4>Results</h4>We find" is "Results: We find".
    """
    if _REFERENCE.search(text):
        text = html.unescape(text)
    text = _HEADING.sub(r" \2: ", text)
    text = _TAG.sub(lambda tag: " " if tag["block"] else "", text)
    return html.unescape(text) if _REFERENCE.search(text) else text
