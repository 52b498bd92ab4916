"""The front page of the admin says what a live service still lacks, in order, until nothing is missing."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as configured
from django.test import Client

from digest.ingestion import shipped_topics
from digest.models import Branding, Heartbeat, Source
from digest.web import branding
from subscriptions.admin.going_live import missing
from subscriptions.devtools import demo_data
from subscriptions.models import Subscriber
from tests.factories import NOW, source

pytestmark = pytest.mark.django_db


def named() -> list[str]:
    return [step.what for step in missing(NOW, Subscriber.objects.filter(demo=True).count())]


def test_a_first_start_lacks_everything_in_the_order_in_which_to_mend_it() -> None:
    shipped_topics.load()
    demo_data.create(NOW)
    assert named() == [
        "A mail relay.",
        "A sender whose domain is yours, not digest@localhost.",
        "An address that readers can open.",
        "A source that is fetched.",
        "Your own address.",
        "A postal address or an imprint.",
        "A database without demo data.",
        "A worker and a scheduler.",
    ]


def test_each_cure_takes_its_line_away_until_none_is_left(settings: Any, admin_client: Client) -> None:
    shipped_topics.load()
    demo_data.create(NOW)
    lacking = named()

    def cured(what: str) -> None:
        lacking.remove(what)
        assert named() == lacking

    settings.EMAIL_URL = "smtp://relay.example.org"
    cured("A mail relay.")
    settings.DEFAULT_FROM_EMAIL = "Digest <digest@example.org>"
    cured("A sender whose domain is yours, not digest@localhost.")
    settings.SITE_URL = "http://digest.example.org"
    lacking[lacking.index("An address that readers can open.")] = "An https address."
    assert named() == lacking
    settings.SITE_URL = "https://digest.example.org"
    cured("An https address.")
    source("huggingface", enabled=True)
    Source.objects.filter(name="huggingface").update(enabled=True)
    cured("A source that is fetched.")
    settings.OPERATOR_EMAIL = "operator@example.org"
    cured("Your own address.")
    Branding.objects.create(pk=branding.ONLY, address="1 Example Street")
    cured("A postal address or an imprint.")
    demo_data.remove()
    cured("A database without demo data.")
    Heartbeat.objects.beat("worker", NOW - timedelta(seconds=10))
    cured("A worker and a scheduler.")
    assert lacking == []


def test_a_machine_s_own_name_is_no_domain_to_send_from(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Paper Digest <digest@laptop>"
    assert "A sender whose domain is yours, not digest@laptop." in named()


def test_the_front_page_lists_it_with_links_open_on_a_server_and_folded_in_a_trial(
    settings: Any, admin_client: Client
) -> None:
    assert configured.DEBUG is False
    fold = BeautifulSoup(admin_client.get("/admin/").content, "lxml").select_one("details")
    assert fold is not None
    assert "open" in fold.attrs
    assert "Set EMAIL_URL" in fold.get_text()
    assert fold.select_one("a[href='/admin/digest/source/']")
    settings.DEBUG = True
    fold = BeautifulSoup(admin_client.get("/admin/").content, "lxml").select_one("details")
    assert fold is not None
    assert "open" not in fold.attrs
