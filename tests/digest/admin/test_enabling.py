"""From when on a source's days count as missed: since somebody enabled it, however that was."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest import tasks
from digest.models import Source
from tests.factories import source

pytestmark = pytest.mark.django_db


def since() -> datetime | None:
    return Source.objects.get().enabled_at


def act(client: Client, action: str) -> None:
    chosen = {"action": action, "_selected_action": [Source.objects.get().pk]}
    client.post(reverse("admin:digest_source_changelist"), chosen)


def test_a_source_enabled_on_the_list_has_missed_nothing_before(admin_client: Client) -> None:
    source()
    begun = timezone.now()
    act(admin_client, "enable")
    enabled_at = since()
    assert enabled_at is not None
    assert begun <= enabled_at <= timezone.now()
    act(admin_client, "enable")
    assert since() == enabled_at
    act(admin_client, "disable")
    assert since() is None


def test_a_source_enabled_on_its_page_has_missed_nothing_before(admin_client: Client) -> None:
    form = {"title": "Ours", "adapter": "huggingface", "enabled": "on"}
    address = reverse("admin:digest_source_change", args=[source().pk])
    admin_client.post(address, form)
    assert Source.objects.get().enabled
    enabled_at = since()
    assert enabled_at is not None
    assert timezone.now() - enabled_at < timedelta(minutes=1)


def test_a_source_enabled_in_another_way_is_noticed_by_the_next_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "_fetch", lambda *_, **__: None)
    source()
    Source.objects.update(enabled=True)
    tasks.fetch_sources()
    assert since() is not None
    Source.objects.update(enabled=False)
    tasks.fetch_sources()
    assert since() is None
