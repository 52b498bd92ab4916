"""Papers that are looked up because readers named them: stored without a release, so they are new to nobody.

They are in no edition, and no source listed them here: `Paper.source_name` is empty, which keeps them out of
the archive and its search. What is listed later by an edition becomes a paper as any other.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from digest.ingestion.fetchers import get
from digest.lib.likely_twins import likely_key
from digest.lib.records import title_key
from digest.models import Paper, PaperKey
from digest.sources import SourceRefused
from digest.sources.arxiv import lookup as arxiv_lookup
from digest.sources.http.client import DEFAULTS

# One try: whoever asks comes again, and no two requests may be closer than arXiv allows.
_ONCE = replace(DEFAULTS, attempts=1, total_time=40)


def known(keys: Collection[str], title_keys: Collection[str] = ()) -> dict[str, Paper]:
    """The stored papers with these keys, by key; those with these titles, by the keys of their titles."""
    found = {paper.title_key: paper for paper in Paper.objects.filter(title_key__in=title_keys)}
    further = PaperKey.objects.filter(key__in=keys).select_related("paper")
    found |= {one.key: one.paper for one in further}
    return found | {paper.key: paper for paper in Paper.objects.filter(key__in=keys)}


def _ask(ids: Sequence[str]) -> bytes:
    return get(arxiv_lookup.address_of(ids), limits=_ONCE, interval=arxiv_lookup.INTERVAL)


def look_up(keys: Collection[str]) -> dict[str, Paper]:
    """The papers of these arXiv keys that arXiv knows, by key; they are stored now, if they were not before.

    One request. Raises SourceUnavailable if there is no answer, SourceChanged for one that is none,
    SourceRefused for one that tells nothing of several papers: empty feeds are also what a server in trouble
    sends.
    """
    assert len(keys) <= arxiv_lookup.MOST_IDS
    ids = [key.removeprefix("arxiv:") for key in keys]
    records = {one.key: one for one in arxiv_lookup.parse(_ask(ids))}
    if not records and len(keys) > 1:
        raise SourceRefused("Expected papers from arXiv, found a feed without any.")
    named = PaperKey.objects.filter(key__in=records).values_list("key", flat=True)
    records = {key: record for key, record in records.items() if key not in set(named)}
    Paper.objects.bulk_create(
        (
            Paper(
                key=record.key,
                title_key=title_key(record.title),
                likely_key=likely_key(record.title),
                title=record.title,
                abstract=record.abstract,
                authors=record.authors,
                author_names=list(record.author_names),
                day=record.day,
                published=record.published,
                url=record.url,
            )
            for record in records.values()
            if record.key in keys
        ),
        ignore_conflicts=True,  # an edition may have brought it meanwhile
    )
    return known(keys)
