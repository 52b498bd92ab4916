r"""TeX that authors leave in titles and abstracts becomes the characters it stands for, mathematics apart.

`60\%`, `caf\'e`, quotation marks, dashes, ties, and the commands that the abstracts of Daily Papers hold. A
command of an author's own (`\ours`) stays, since nobody else knows what it says, and so does mathematics
between its signs. Addresses lose their escapes and nothing else.
"""

import re
import unicodedata
from collections.abc import Callable

_ANY = re.compile(r"[\\`~]|--")
_PASSES = 10  # commands stand in commands, never so deep
_HELD = "\ue000"  # in the place of mathematics and addresses meanwhile: for private use, so in no clean text
_MATHEMATICS = r"(?<!\\)\$(?!\s)(?:[^$\\]|\\.){1,500}?(?<!\s)\$(?!\d)|\\\(.{1,500}?\\\)|\\\[.{1,500}?\\\]"
_KEPT = re.compile(rf"{_MATHEMATICS}|https?://[^\s{{}}<>'`]+")
_LINK = re.compile(r"\\href\{[^{}]*\}\{([^{}]*)\}")
_ESCAPED = re.compile(r"(?<!\\)\\([%&_#${}])")

_COMBINING = "\u0301\u0300\u0308\u0302\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0328\u030a"
_ACCENTS = dict(zip("'`\"^~=.uvHckr", _COMBINING, strict=True))
_LETTERS = dict(
    pair.split("=") for pair in "ss=ß o=ø O=Ø l=ł L=Ł i=i j=j ae=æ AE=Æ oe=œ OE=Œ aa=å AA=Å".split()
)
_SIGNS = dict(
    pair.split("=")
    for pair in "eg=e.g. ie=i.e. etc=etc. ldots=… dots=… deg=° times=× textgreater=> textless=<".split()
)


def _accented(match: re.Match[str]) -> str:
    """The letter with its accent; both as they stood where no such letter exists."""
    letter = unicodedata.normalize("NFC", match["letter"][-1] + _ACCENTS[match["accent"]])
    return letter if len(letter) == 1 else match[0]


_RULES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"(?<=[A-Za-z])\\'(?=(?:s|t|d|m|re|ve|ll)\b)", "'"),  # “query\'s” holds no “ś”
    (r"(\{)?\\(?P<accent>['`\"^~=.uvHckr])\{(?P<letter>\\[ij]|[A-Za-z])\}(?(1)\})", _accented),
    (r"(\{)?\\(?P<accent>['`\"^~=.])(?P<letter>\\[ij]\b|[A-Za-z])(?(1)\})", _accented),
    (r"(\{)?\\(?P<accent>[uvHckr]) (?P<letter>[A-Za-z])(?(1)\})", _accented),
    (rf"\{{\\({'|'.join(_LETTERS)})\}}", lambda match: _LETTERS[match[1]]),
    (rf"\\({'|'.join(_LETTERS)})(?![A-Za-z])(?:\{{\}}| )?", lambda match: _LETTERS[match[1]]),
    (rf"(\{{)?\\({'|'.join(_SIGNS)})(?![A-Za-z])(?:\{{\}})?(?(1)\}})", lambda match: _SIGNS[match[2]]),
    (r"\\(?:text(?:bf|it|tt|sc|sf|rm|sl|md|up)?|emph|underline|mbox|url)\{([^{}]*)\}", r"\1"),
    (r"\{\\(?:em|it|bf|tt|sc|sl|rm|sf) ([^{}]*)\}", r"\1"),
    (r"\\footnote\{([^{}]*)\}", r" (\1)"),
    (_ESCAPED.pattern, r"\1"),
    (r"(?<!\\)\\[ ,;]", " "),
    (r"``([^`\"]{1,300}?)(?:''|\")", r"“\1”"),
    (r"(?<![-!<\\])---(?![->])", "—"),
    (r"(?<=[^\s(\[\"'`/!<\\-])--(?![->])|(?<=\s)--(?=\s)", "–"),  # and no option of a program: “--quiet”
    (r"(?<=[^\W\d])~(?=[\w([\ue000])", " "),  # “~10” and “5~10” stay
    (r"(?<=[\d.,;:)\]\ue000])~(?=[^\W\d]|[([\ue000])|(?<=[^\W\d]\.)~(?=\d)", " "),
)
_COMPILED = tuple((re.compile(pattern), replacement) for pattern, replacement in _RULES)


def plain(text: str) -> str:
    """`text`, on one line and clean, without TeX outside of mathematics. Doing it twice changes nothing."""
    for _ in range(_PASSES if _ANY.search(text) else 0):
        before, text = text, _pass(text)
        if text == before:
            break
    return " ".join(text.split())


def _pass(text: str) -> str:
    text = _LINK.sub(r"\1", text)  # before anything is held: no rule below drops what is
    held = [_ESCAPED.sub(r"\1", kept) if kept.startswith("http") else kept for kept in _KEPT.findall(text)]
    text = _KEPT.sub(_HELD, text)
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    return re.sub(_HELD, lambda _: held.pop(0), text)
