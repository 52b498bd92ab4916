"""The last bodies of addresses, so that a server need not send again what it did not change."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from digest.ingestion.raw_answers import bytes_of, keep_body
from digest.models import KnownAnswer, Source
from digest.sources.http.client import NOTHING_KNOWN, Answer, Validators

UNUSED_FOR = timedelta(days=7)


def address_of(url: str, headers: Mapping[str, str] | None) -> str:
    """What an address asked with these headers is remembered by."""
    return hashlib.sha256(json.dumps([url, sorted((headers or {}).items())]).encode()).hexdigest()


def look_up(address: str) -> KnownAnswer | None:
    return KnownAnswer.objects.select_related("body").filter(address=address).first()


def validators_of(known: KnownAnswer | None) -> Validators:
    return Validators(known.etag, known.last_modified) if known else NOTHING_KNOWN


def body_of(known: KnownAnswer, now: datetime) -> bytes:
    """The body that did not change."""
    KnownAnswer.objects.filter(pk=known.pk).update(used_at=now)
    return bytes_of(known.body)


def remember(source: Source, address: str, answer: Answer, now: datetime) -> None:
    """Remember the body that `source` gave, and what its server said of it, if it said anything."""
    said = answer.validators
    if answer.body is None or said == NOTHING_KNOWN or len(said.last_modified) > 100:
        KnownAnswer.objects.filter(address=address).delete()
        return
    with transaction.atomic():
        Source.objects.select_for_update().get(pk=source.pk)  # as `keep_body` asks
        values = {"etag": said.etag, "last_modified": said.last_modified, "used_at": now}
        KnownAnswer.objects.update_or_create(
            address=address, defaults={**values, "body": keep_body(answer.body)}
        )


def forget_unused(now: datetime) -> None:
    """Forget the addresses that nobody asked for in the last days."""
    KnownAnswer.objects.filter(used_at__lt=now - UNUSED_FOR).delete()
