"""What a service with Polish catalogues shows and sends, as JSON: `python -m tests.flow.polish`."""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from datetime import date  # noqa: E402  all below needs Django set up

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from subscriptions.lib import signed_links  # noqa: E402
from subscriptions.models import Subscriber  # noqa: E402
from subscriptions.relay import local_mailbox  # noqa: E402
from tests.factories import edition, record, topic  # noqa: E402
from tests.subscriptions.browsing import form_at, page, words  # noqa: E402

POLISH = {"Accept-Language": "pl-PL,pl;q=0.9,en;q=0.5"}


def main() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)  # exits if there were any to make
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}  # tables at once
    call_command("migrate", run_syncdb=True, verbosity=0)
    setup_test_environment()
    agents = topic("agents", "agents", name="Agents")
    edition("Agents at sea", day=date(2025, 11, 3))
    edition(*(f"Agents, part {n}" for n in range(2)), day=date(2025, 11, 4))
    edition(record("Agents everywhere", upvotes=12_045), *(f"Agents, chapter {n}" for n in range(4)))
    visitor = Client(headers=POLISH)
    told: dict[str, object] = {}

    def note(name: str, path: str, client: Client = visitor) -> None:
        told[name] = words(page(client.get(path)).body)

    note("english", "/archive/", Client())
    note("archive", "/archive/")
    note("day", "/archive/2025-11-05/")
    note("search", "/search/?q=agents+(")
    told["address"] = visitor.get("/topics/agents/?lang=pl").content.decode()
    told["feed"] = visitor.get("/topics/agents/feed.json?lang=pl").json()
    signed_up = {"topics": [agents.slug], "time_zone": "UTC", "hour": "7", "rhythm": "daily", "weekday": "0"}
    visitor.post("/", {**signed_up, "queries": "", "email": "ada@readers.example", "website": ""})
    ada = Subscriber.objects.get()
    told["signed up in"] = ada.language
    visitor.post(f"/c/{signed_links.token('confirm', ada)}/")
    preferences = f"/p/{signed_links.token('preferences', ada)}/"
    note("preferences", preferences)
    for language in ("en", "pl"):
        form = {**form_at(visitor, preferences), "language": language, "action": "save"}
        visitor.post(preferences, form)
        ada.refresh_from_db()
        told[f"chose {language}"] = ada.language
    operator = Client(headers=POLISH)
    operator.force_login(User.objects.create_superuser("operator"))
    told["admin"] = operator.get(f"/admin/subscriptions/subscriber/{ada.pk}/change/").status_code
    call_command("send_digests", now=ada.next_digest_at, stdout=sys.stderr)
    told["mails"] = [
        {"subject": mail.entry.subject, "text": mail.text, "headers": dict(mail.headers), "html": mail.html}
        for entry in local_mailbox.entries().entries
        if (mail := local_mailbox.read(entry.key))
    ]
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
