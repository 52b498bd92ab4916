"""Hugging Face Daily Papers: from its API, or by hand as a saved page or its text."""

from digest.sources.adapter import Adapter
from digest.sources.huggingface import api, page, text

HUGGING_FACE = Adapter(
    name="huggingface",
    title="Hugging Face Daily Papers",
    formats=(api.FORMAT, page.FORMAT, text.FORMAT),
    fetch_day=api.fetch_day,
)
