"""Feeds: Atom (RFC 4287) and JSON Feed 1.1 (jsonfeed.org) of the same entries."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Self

from django.conf import settings
from django.db.models import Max
from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from digest.lib.languages import ENGLISH
from digest.models import Paper, Revision
from digest.selection.content import page_of
from digest.web import page_language

_AUTHORS = 5
_SHOWN = ["title", "abstract", "author_names"]
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, in `language`; `id` never changes, `html` is safe markup, `at` the moment it is for.

    `updated` is when its words last changed.
    """

    id: str
    url: str
    title: str
    html: str
    at: datetime
    updated: datetime
    author: str = ""
    language: str = ENGLISH  # papers are


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, newest entry first; `url` is its own address, `home` the page it is about.

    `id` is its own for good, however its address changes (RFC 4287, 4.2.6).
    """

    id: str
    title: str
    subtitle: str
    url: str
    home: str
    entries: Sequence[Entry]
    language: str

    @classmethod
    def of_site(
        cls,
        *,
        title: str,
        subtitle: str,
        page: tuple[str, ...],
        address: tuple[str, ...],
        entries: Sequence[Entry],
    ) -> Self:
        """A feed of this site; `page` and `address` are names of addresses with their arguments."""
        home, url = (settings.SITE_URL + page_language.url(*name) for name in (page, address))
        language = get_language() or ENGLISH
        return cls(home, f"{title} · {settings.SITE_NAME}", subtitle, url, home, entries, language)


def entries_of(papers: Collection[Paper]) -> tuple[Entry, ...]:
    """Papers as entries. Their ids outlive better keys, so that no feed reader shows one twice."""
    corrected = corrections(paper.pk for paper in papers)
    return tuple(_entry(paper, corrected.get(paper.pk)) for paper in papers)


def corrections(papers: Iterable[int]) -> dict[int, datetime]:
    """When what feeds show of papers last changed after these came out; of others nothing."""
    revisions = Revision.objects.filter(paper__in=set(papers), before__has_any_keys=_SHOWN).order_by()
    return dict(revisions.values_list("paper").annotate(Max("release__released_at")))


def _entry(paper: Paper, corrected: datetime | None) -> Entry:
    at = datetime.combine(paper.day, time(), UTC)
    names = paper.author_names[:_AUTHORS]
    more, listed = len(paper.author_names) - len(names), ", ".join(names)
    summarised = _("Summary by the source:")
    withdrawn = _("Withdrawn")  # within the f-string, only Python 3.12 and later would see it as a text
    return Entry(
        id=tag(paper.day, f"paper/{paper.pk}"),
        url=page_of(paper),
        title=paper.title,
        html=(f"<p><strong>{withdrawn}</strong></p>" if paper.record().withdrawn else "")
        + (f"<p>{summarised} {escape(paper.summary)}</p>" if paper.summary else "")
        + (f"<p>{escape(paper.abstract)}</p>" if paper.abstract else ""),
        at=at,
        updated=max(at, corrected) if corrected else at,
        author=_("%(names)s and %(number)s more") % {"names": listed, "number": more} if more else listed,
    )


def tag(day: date, name: str) -> str:
    """A tag URI (RFC 4151)."""
    return f"tag:{settings.SITE_HOST},{day.isoformat()}:{name}"


class _Atom(Atom1Feed):
    """Django's Atom, which of an empty feed says that it changed this moment: its ETag would never last."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else _NEVER

    def item_attributes(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """What stands in an entry is in its own language, whatever the feed's."""
        return {"xml:lang": item["language"]}


def atom(feed: Feed) -> bytes:
    """The feed as Atom."""
    document = _Atom(
        title=feed.title,
        link=feed.home,
        description="",
        subtitle=feed.subtitle,
        feed_url=feed.url,
        feed_guid=feed.id,
        language=feed.language,
        author_name=settings.SITE_NAME,
    )
    for entry in feed.entries:
        document.add_item(
            title=entry.title,
            link=entry.url,
            description=entry.html,
            unique_id=entry.id,
            pubdate=entry.at,
            updateddate=entry.updated,
            author_name=entry.author or None,
            language=entry.language,
        )
    text: str = document.writeString("utf-8")
    return text.encode()


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON Feed."""
    items = [
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.html,
            "date_published": entry.at.isoformat(),
            "date_modified": entry.updated.isoformat(),
            "language": entry.language,
            **({"authors": [{"name": entry.author}]} if entry.author else {}),
        }
        for entry in feed.entries
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.home,
        "feed_url": feed.url,
        "language": feed.language,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def feed_response(body: bytes, content_type: str) -> HttpResponse:
    """Answer with a feed."""
    return HttpResponse(body, content_type=f"{content_type}; charset=utf-8")
