"""Pages behind the votes in a digest. GET asks and changes nothing: mail scanners follow every link."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from digest.archive import queries
from digest.models import MergedPaper, Paper
from digest.selection.requests import LIBRARY
from digest.web import page_language
from digest.web.rendering import show, topic_name
from subscriptions.accounts import votes
from subscriptions.accounts.votes import Muting
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber, Vote
from subscriptions.web.reader_views import behind_link

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class VotePage:
    """A paper, what the link asks for (“more” or “less”), and what the reader asked for so far, or nothing.

    `missing` is how many votes it takes yet until they count, once this one is given; `taken_back` says that
    it just was. `back` leads to the paper in its digest, `like` to the reader's preferences with
    the query for all papers like it, or is empty. `left`: the reader gets no digests any more.
    """

    title: str
    asked: str
    given: str
    missing: int
    back: str
    like: str = ""
    taken_back: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True)
class MutePage:
    """A filter of the digest by its name, its `FilterState`, `done` after a press, `left` as there.

    A `library` is not muted as a topic is: it goes on deciding on the order.
    """

    name: str
    own: bool
    state: str
    preferences: str
    back: str
    done: bool = False
    left: bool = False
    library: bool = False


def digest_behind(token: str) -> Delivery | None:
    """The digest that `token` entitles to vote on; the answer is in its reader's language."""
    delivery = signed_links.delivery_for(token, "vote")
    if delivery is not None:
        page_language.activate(delivery.subscriber.language)
    return delivery


def paper_of(delivery: Delivery, paper: int) -> Paper | None:
    """The paper of this number, if the digest has it; of one that was merged, the paper that it became."""
    became = MergedPaper.objects.filter(number=paper).first()
    found = Paper.objects.filter(pk=became.paper_id if became else paper).first()
    known = found and delivery.selection and votes.holds(delivery.selection, found.pk)
    return found if known else None


def has_left(reader: Subscriber) -> bool:
    """Whether the reader gets no digests any more."""
    return reader.state not in {Subscriber.State.ACTIVE, Subscriber.State.PAUSED}


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HttpRequest, token: str, paper: int, verdict: str) -> HttpResponse:
    """Ask whether more or less like a paper of the digest is wanted; on POST note it, or take it back."""
    delivery = digest_behind(token)
    found = paper_of(delivery, paper) if delivery else None
    if delivery is None or found is None or verdict not in Vote.Verdict:
        return show(request, "web/bad_link.html", status=404)
    reader = delivery.subscriber
    undo = request.method == "POST" and "undo" in request.POST
    if undo:
        votes.take_back(reader, found.pk)
    elif request.method == "POST":
        votes.vote(delivery, found.pk, Vote.Verdict(verdict), timezone.now())
    given = votes.given(reader, found.pk)
    missing = votes.missing(reader) if given else max(votes.missing(reader) - 1, 0)
    back = f"{signed_links.url('read', reader, delivery.pk)}#p{found.pk}"
    page = VotePage(
        title=found.title,
        asked=verdict,
        given=given,
        missing=missing,
        back=back,
        like=_adding(reader, queries.like(found)) if verdict == Vote.Verdict.MORE else "",
        taken_back=undo,
        left=has_left(reader),
    )
    return show(request, "web/vote.html", page)


def _adding(reader: Subscriber, query: str) -> str:
    """The reader's preferences with one query more, which is saved when they save; empty without a query."""
    return f"{signed_links.url('preferences', reader)}?{urlencode({'add': query})}" if query else ""


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def mute(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """Ask whether a topic or query of the digest shall bring no papers; on POST mute it, or bring it back."""
    delivery = digest_behind(token)
    muting = Muting.of(delivery, number) if delivery else None
    if delivery is None or muting is None:
        return show(request, "web/bad_link.html", status=404)
    if request.method == "POST":
        if "undo" in request.POST:
            muting.undo()
        else:
            muting.mute()
    name = muting.name if muting.own else topic_name(muting.name)
    page = MutePage(
        name=name[:LONGEST_NAME],
        own=muting.own,
        state=muting.state,
        preferences=signed_links.url("preferences", muting.reader),
        back=signed_links.url("read", muting.reader, delivery.pk),
        done=request.method == "POST",
        left=has_left(muting.reader),
        library=muting.kind == LIBRARY,
    )
    return show(request, "web/mute.html", page)
