"""`manage.py status`: how the service is doing, for people and for scripts."""

import json
from argparse import ArgumentParser
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from digest.models import Edition, Heartbeat, Paper
from subscriptions.models import DailyFigure, Delivery, Run, Subscriber
from subscriptions.models.subscriber import CLASHING
from subscriptions.planning.progress import HELD, finished, progress_of
from subscriptions.relay.routing.status import Status, statuses


class Command(BaseCommand):
    requires_system_checks = ()  # they load every page; `prepare` makes them
    help = "Print version, papers, readers, deliveries by state, last run, broker, database, heartbeats."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print it as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        edition = Edition.objects.select_related("source").order_by("-fetched_at").first()
        status = {
            "version": settings.VERSION,
            "papers": Paper.objects.count(),
            "readers": _by_state(Subscriber),
            "clashing_addresses": list(Subscriber.objects.filter(CLASHING).values_list("email", flat=True)),
            "deliveries": _by_state(Delivery) | _forgotten(),
            "mail": _mail(),
            "last_run": _last_run(),
            "broker": _broker(),
            "database": connection.vendor,
            "heartbeats": {
                beat.name: beat.at.isoformat(timespec="seconds") for beat in Heartbeat.objects.all()
            },
            "last_edition": edition
            and {
                "source": edition.source.name,
                "day": edition.day.isoformat(),
                "papers": edition.entries.count(),
                "fetched_at": edition.fetched_at.isoformat(),
            },
        }
        if relays := statuses(timezone.now()):
            status["relays"] = {one.name: _in_words(one) for one in relays}
        if options["json"]:
            self.stdout.write(json.dumps(status))
            return
        for name, value in status.items():
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            shown = ", ".join(shown) or "none" if isinstance(shown, list) else shown
            self.stdout.write(f"{name.replace('_', ' '):13} {'none yet' if shown in {None, ''} else shown}")


def _mail() -> str:
    """Whether mail leaves; if not, why."""
    if settings.EMAIL_HELD:
        return f"{HELD}EMAIL_URL is not set"
    held = Delivery.objects.unclaimed().filter(state=Delivery.State.DEFERRED, reason__startswith=HELD)
    return held.values_list("reason", flat=True).first() or "ok"


def _in_words(one: Status) -> str:
    until = f" until {one.until:%Y-%m-%d %H:%M} UTC" if one.until else ""
    return f"{one.state}{until} ({one.today} today)"


def _by_state(model: type[Subscriber] | type[Delivery]) -> dict[str, int]:
    """How many rows are in each state, states without any included."""
    counts = dict(model.objects.values_list("state").annotate(Count("pk")).order_by())
    return {state.value: counts.get(state.value, 0) for state in model.State}


def _forgotten() -> dict[str, int]:
    """How many mails are kept as daily figures alone."""
    mails: int | None = DailyFigure.objects.aggregate(mails=Sum("gone"))["mails"]
    return {"forgotten": mails or 0}


def _last_run() -> dict[str, str | int] | None:
    """The newest run of digests, and how far it is."""
    run = Run.objects.order_by("-pk").first()
    if run is None:
        return None
    states = progress_of([run])[run.pk]
    progress = {"settled": finished(states), "deliveries": states.total()}
    return {"moment": run.moment.isoformat(), "state": run.state, "reason": run.reason, **progress}


def _broker() -> str:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        return f"unreachable: {error}"
    return "ok"
