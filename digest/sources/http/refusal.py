"""What a server says of why it refuses, in its own words."""

import json
import re
from typing import Any

import httpx

from digest.lib.records import clean_text
from digest.sources.errors import SourceChanged, SourceUnavailable
from digest.sources.http.response import SECRET, read_body

_MOST_BYTES = 100_000
_MOST_CHARACTERS = 200
_NAMES = ("message", "errMsg", "error", "detail", "error_description")  # by which APIs say it
_ELEMENTS = ("summary", "ERROR", "description", "title")  # of feeds, of PubMed, of pages


def words_of(response: httpx.Response) -> str:
    """A sentence with the words in a refusal's body, without the keys that were sent; "" if it has none."""
    try:
        text = read_body(response, _MOST_BYTES).decode("utf-8", "replace")
    except (SourceUnavailable, SourceChanged, httpx.TransportError):
        return ""
    words = clean_text(_without(_said(text), _secrets(response.request)), _MOST_CHARACTERS)
    return f" It says: “{words}”" if words else ""


def _said(text: str) -> str:
    if text.lstrip().startswith("<"):
        found = (re.search(rf"<{name}\b[^<>]*>([^<>]+)", text) for name in _ELEMENTS)
        return next((match[1] for match in found if match), "")
    try:
        return _message(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _message(answer: Any) -> str:
    """What an object says by one of the usual names, of the objects in it too."""
    if isinstance(answer, dict):
        return next(filter(None, (_message(answer.get(name)) for name in _NAMES)), "")
    return answer if isinstance(answer, str) else ""


def _secrets(request: httpx.Request) -> list[str]:
    """What was sent as a key: some servers repeat it."""
    sent = [*request.url.params.multi_items(), *request.headers.multi_items()]
    return [part for name, value in sent if SECRET.search(name) for part in value.split() if len(part) > 3]


def _without(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return text
