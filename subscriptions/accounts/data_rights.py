"""What a reader may do with everything about them: take it along, have it erased, change the address.

ask → a letter with a fresh link → the page behind it → a press. Each works for half an hour: a digest
that was forwarded must not open any of it.
"""

from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction

from digest.models import MergedPaper, Paper, Selection
from digest.selection.requests import ALL
from subscriptions.accounts import preferences, signup
from subscriptions.accounts.reachable_address import reachable
from subscriptions.lib.email_addresses import address_key
from subscriptions.lib.filter_set_rows import forget_unheld
from subscriptions.lib.selection_rows import forget_unused
from subscriptions.models import Delivery, FilterSet, LetterQuota, Subscriber, Suppression

State = Subscriber.State
ASKED = ("export", "erase", "move", "saved")  # the letters that a reader can ask for


def ask(subscriber: Subscriber, kind: str, now: datetime) -> None:
    """Mail the reader a fresh link for this, at most two of a kind a day, ten minutes apart."""
    with transaction.atomic():
        locked = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        if signup.may_ask(locked, kind, now):
            Delivery.objects.post(locked, kind, now)


def everything_about(subscriber: Subscriber) -> dict[str, Any]:
    """All that is stored about the reader, as JSON can hold it."""
    choices = preferences.choices_of(subscriber)
    sent = list(
        subscriber.deliveries.select_related("selection").defer("selection__reasons").order_by("due_at")
    )
    papers = {item["paper"] for row in sent if row.selection for item in row.selection.items}
    became = MergedPaper.became(papers)
    keys = dict(Paper.objects.filter(pk__in={*papers, *became.values()}).values_list("pk", "key"))
    keys |= {number: keys[paper] for number, paper in became.items()}
    return {
        "address": subscriber.email,
        "new_address_asked_for": subscriber.new_email,
        "state": subscriber.state,
        "signed_up_at": _iso(subscriber.created_at),
        "confirmed_at": _iso(subscriber.consented_at),
        "proof_of_consent": subscriber.consent,
        "left_at": _iso(subscriber.left_at),
        "paused_until": subscriber.paused_until.isoformat() if subscriber.paused_until else None,
        "topics": [topic.slug for topic in choices.topics],
        "queries": list(choices.queries),
        "left_out": list(choices.exclude),
        "least_upvotes": choices.least_upvotes,
        "trending": "all" if choices.trending == ALL else choices.trending,
        "muted": list(choices.muted),
        "time_zone": subscriber.time_zone,
        "hour": subscriber.hour,
        "rhythm": subscriber.rhythm,
        "weekday": subscriber.weekday,
        "first_at_once": subscriber.first_at_once,
        "language": subscriber.language,
        "format": subscriber.format,
        "volume": subscriber.volume,
        "library_daily": subscriber.library_daily,
        "next_digest_at": _iso(subscriber.next_digest_at),
        "refusals": [
            {"at": _iso(row.at), "answer": row.answer, "cause": row.cause}
            for row in subscriber.refusals.all()
        ],
        "votes": [
            {"paper": vote.paper.key, "verdict": vote.verdict, "at": _iso(vote.at)}
            for vote in subscriber.votes.select_related("paper")
        ],
        "saved_papers": [
            {
                "paper": row.paper.key if row.paper else row.key,
                "title": row.paper.title if row.paper else row.title,
                "origin": row.origin,
                "note": row.note,
                "lookup": row.lookup,
                "at": _iso(row.saved_at),
            }
            for row in subscriber.saved_papers.select_related("paper")
        ],
        "suggestions": [
            {
                "change": str(row),
                "offered_at": _iso(row.offered_at),
                "answer": row.answer,
                "answered_at": _iso(row.answered_at),
            }
            for row in subscriber.suggestions.exclude(offered_at=None)
        ],
        "mails": [
            {
                "kind": row.kind,
                "for": _iso(row.due_at),
                "state": row.state,
                "answer": row.reason,
                "papers": [
                    keys[item["paper"]]
                    for item in (row.selection.items if row.selection else ())
                    if item["paper"] in keys
                ],
            }
            for row in sent
        ],
    }


def erase(subscriber: Subscriber) -> None:
    """Delete all that is stored about the reader. What stays is a keyed hash, so that no mail goes there."""
    with transaction.atomic():
        Suppression.objects.add_address(subscriber.email_key)
        selections = list(subscriber.deliveries.values_list("selection", flat=True))
        about = ContentType.objects.get_for_model(Subscriber)
        LogEntry.objects.filter(content_type=about, object_id=str(subscriber.pk)).update(
            object_repr="an erased reader"
        )
        filter_set = subscriber.filter_set_id
        subscriber.delete()
        forget_unheld(FilterSet.objects.filter(pk=filter_set))
        forget_unused(Selection.objects.filter(pk__in=selections))


def offer_address(subscriber: Subscriber, address: str, now: datetime) -> None:
    """Mail a fresh link to the new address, to be confirmed there; nothing changes before.

    Raises `ValidationError` for what is no address. An address that has a subscription, was erased, or got
    two letters today, gets none, and whoever asked is not told.
    """
    new = reachable(address)
    with transaction.atomic():
        if not LetterQuota.objects.take(new.key, now):
            return
        locked = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        if not signup.may_ask(locked, "address", now):
            transaction.set_rollback(True)
            return
        locked.new_email = new.spelling
        locked.save(update_fields=["new_email"])
        with transaction.atomic():
            Delivery.objects.post(locked, "address", now)
            others = Subscriber.objects.filter(email_key=new.key).exclude(state=State.PENDING)
            transaction.set_rollback(others.exists() | Suppression.objects.holds(new.key))


def change_address(subscriber: Subscriber, visitor: str, now: datetime) -> bool:
    """Use the new address from now on; False if somebody else has it.

    Links mailed before stop working, but for those to unsubscribe; a letter brings new ones.
    """
    key = address_key(subscriber.new_email)
    proof = f"{subscriber.consent}; new address {now:%Y-%m-%d %H:%M} UTC, from {visitor}"
    try:
        with transaction.atomic():
            Subscriber.objects.filter(email_key=key, state=State.PENDING).exclude(pk=subscriber.pk).delete()
            Subscriber.objects.filter(pk=subscriber.pk).update(
                email=subscriber.new_email,
                email_key=key,
                new_email="",
                consent=proof[:200],
                link_version=subscriber.link_version + 1,
            )
            Delivery.objects.post(subscriber, "moved", now)
            subscriber.refusals.all().delete()  # they are about the address of before
    except IntegrityError:
        return False
    return True


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
