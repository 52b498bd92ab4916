"""A source is added and changed by forms made of its kind's settings, with a preview before it is saved."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from digest.admin.sources import preview_page
from digest.ingestion import preview
from digest.ingestion.by_hand import free_name
from digest.models import AskedSite, Paper, Source
from digest.sources import SourceChanged, registry
from digest.sources.adapter import Adapter, Values
from digest.sources.jsonl import JSON_LINES
from tests.digest.sources.bulletin import BULLETIN, SITE
from tests.digest.sources.sectioned_bulletin import SECTIONS
from tests.factories import edition, record
from tests.services.web_site import WebSite, web_site_here

pytestmark = pytest.mark.django_db

ADD = reverse("admin:digest_source_add")
KIND = {"adapter": SECTIONS.name}


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebSite]:
    """The site of the bulletin, which is a kind of source while a test lasts."""
    monkeypatch.setattr(registry, "ADAPTERS", (*registry.ADAPTERS, SECTIONS))
    with web_site_here() as site:
        settings.SOURCE_MIRRORS = {SITE: site.address}
        yield site


def lists(site: WebSite, section: str, *titles: str, days_ago: int = 0) -> str:
    """Let the site list papers in a section; the path of that page."""
    day = timezone.now().date() - timedelta(days=days_ago)
    path = f"/{section}/{day}.txt"
    site.pages[path] = "\n".join([f"bulletin of {day}: {len(titles)} papers", *titles]).encode()
    return path


def form(**values: str) -> dict[str, str]:
    """The form of a new source, filled in."""
    settings = {"section": "boats", "key": "tulip"} | values
    fields = {f"setting_{name}": value for name, value in settings.items()}
    return {"title": "", "name": "", "enabled": "on", "wait_minutes": "0"} | fields


def add(client: Client, **values: str) -> Any:
    return client.post(f"{ADD}?adapter={SECTIONS.name}", form(**values))


def previewed(client: Client, source: Source | None = None, **values: str) -> str:
    """The words of the preview of a form, as htmx puts them into its page."""
    url = f"{reverse('admin:digest_source_add_preview')}?adapter={SECTIONS.name}"
    if source:
        url = reverse("admin:digest_source_preview", args=[source.pk])
    answer = client.post(url, form(**values), headers={"HX-Request": "true"})
    return words(answer)


def words(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(BeautifulSoup(answer.content, "lxml").get_text(" ").split())


def inputs(answer: Any) -> dict[str, Any]:
    """The inputs of a form's page by name."""
    page = BeautifulSoup(answer.content, "lxml")
    return {str(one["name"]): one for one in page.select("#source_form :is(input, select, textarea)[name]")}


def errors(answer: Any) -> Any:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def test_adding_begins_with_a_list_of_the_kinds_there_are(admin_client: Client, site: WebSite) -> None:
    answer = admin_client.get(ADD)
    shown = words(answer)
    for adapter in registry.ADAPTERS:
        assert adapter.title in shown
    assert SECTIONS.about in shown
    links = [link["href"] for link in BeautifulSoup(answer.content, "lxml").select("main a, #content a")]
    assert f"?adapter={SECTIONS.name}" in links


def test_a_kind_that_this_version_lacks_is_said_to_be_unknown(admin_client: Client) -> None:
    assert "no kind of source called “gazette”" in words(admin_client.get(ADD, {"adapter": "gazette"}))
    assert "no kind of source" in words(admin_client.post(f"{ADD}?adapter=gazette", form()))
    assert not Source.objects.exists()


def test_the_form_of_a_kind_asks_for_its_settings(admin_client: Client, site: WebSite) -> None:
    answer = admin_client.get(ADD, KIND)
    asked = inputs(answer)
    assert asked["setting_key"]["type"] == "password"
    options = [option.get_text(strip=True) for option in asked["setting_order"].find_all("option")]
    assert options == ["any", "Newest first", "Oldest first"]
    assert "checked" in asked["enabled"].attrs
    assert "wait_minutes" in asked
    assert "One of its sections." in words(answer)
    assert "Left empty, it is made of the settings." in words(answer)
    assert "adapter" not in asked


def test_a_source_that_grows_all_day_makes_nobody_wait(admin_client: Client) -> None:
    assert "wait_minutes" not in inputs(admin_client.get(ADD, {"adapter": "huggingface"}))


def test_a_source_fed_by_hand_cannot_be_enabled(admin_client: Client) -> None:
    asked = inputs(admin_client.get(ADD, {"adapter": JSON_LINES.name}))
    assert {"title", "name"} <= asked.keys()
    assert "enabled" not in asked


def test_a_source_is_saved_as_its_kind_wants_it_and_named_by_its_settings(
    admin_client: Client, site: WebSite
) -> None:
    assert add(admin_client, section=" Boats ", order="old").status_code == 302
    source = Source.objects.get()
    assert source.settings == {"section": "boats", "order": "old", "key": "tulip"}
    assert (source.adapter, source.enabled) == ("sections", True)
    assert source.enabled_at, "its days are caught up from now on"
    assert (source.title, source.name) == ("Bulletin boats, Oldest first", "bulletin-boats-oldest-first")
    add(admin_client, section="boats", order="new")
    add(admin_client, section="boats")
    assert set(Source.objects.values_list("name", flat=True)) == {
        *("bulletin-boats-oldest-first", "bulletin-boats-newest-first", "bulletin-boats")
    }


def test_the_settings_of_a_source_are_listed_in_words(admin_client: Client) -> None:
    kind = f"{ADD}?adapter=arxiv"
    values = {"title": "", "name": "", "wait_minutes": "0", "setting_cross_lists": "no"}
    assert admin_client.post(kind, values | {"setting_categories": "cs.lg, cs.CL"}).status_code == 302
    source = Source.objects.get()
    assert source.title == "arXiv cs.LG, cs.CL, Leave them out"
    listed = words(admin_client.get(reverse("admin:digest_source_changelist"), {"adapter": "arxiv"}))
    assert "cs.LG, cs.CL, Leave them out" in listed
    admin_client.post(kind, values | {"setting_categories": "cs.CV", "setting_cross_lists": "yes"})
    assert Source.objects.filter(title="arXiv cs.CV", name="arxiv-cs-cv").exists()


def test_a_feed_is_named_by_its_host_and_may_be_waited_for_once_its_hour_is_known(
    admin_client: Client,
) -> None:
    values = {"setting_address": "https://www.lab.example/papers.xml", "setting_fields": ""}
    admin_client.post(f"{ADD}?adapter=feed", values | {"setting_announced": "06:30 Europe/Berlin"})
    source = Source.objects.get()
    assert (source.title, source.name) == ("lab.example", "lab-example")
    change = reverse("admin:digest_source_change", args=[source.pk])
    assert "wait_minutes" in inputs(admin_client.get(change))
    admin_client.post(change, values | {"title": "Lab", "setting_announced": "", "wait_minutes": "0"})
    assert "wait_minutes" not in inputs(admin_client.get(change))


def test_settings_that_mean_nothing_together_are_refused(
    admin_client: Client, site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(values: Values) -> Adapter:
        raise SourceChanged(f"Boats come with planes, not {values['section']} alone.")

    monkeypatch.setattr(registry, "ADAPTERS", (replace(SECTIONS, configured=refuses),))
    assert errors(add(admin_client))["__all__"] == ["Boats come with planes, not boats alone."]


@pytest.mark.parametrize("adapter", registry.ADAPTERS, ids=lambda adapter: adapter.name)
def test_every_kind_has_a_form_that_says_what_it_lacks(admin_client: Client, adapter: Adapter) -> None:
    url = f"{ADD}?adapter={adapter.name}"
    asked = inputs(admin_client.get(url))
    required = [f"setting_{setting.name}" for setting in adapter.settings if setting.required]
    assert {f"setting_{setting.name}" for setting in adapter.settings} <= asked.keys()
    if required:
        assert set(required) <= set(errors(admin_client.post(url, {})))


def test_a_source_from_before_its_kind_had_settings_fetches_what_these_are_at_first(
    admin_client: Client,
) -> None:
    Source.objects.create(name="huggingface", title="Hugging Face", adapter="huggingface")
    same = admin_client.post(f"{ADD}?adapter=huggingface", {"setting_list": "daily"})
    assert errors(same)["__all__"] == ["“Hugging Face” fetches the same already."]
    assert admin_client.post(f"{ADD}?adapter=huggingface", {"setting_list": "trending"}).status_code == 302


def test_a_name_that_is_taken_gets_a_number(admin_client: Client, site: WebSite) -> None:
    Source.objects.create(name="bulletin-boats", title="Another")
    add(admin_client)
    assert Source.objects.get(adapter="sections").name == "bulletin-boats-2"


def test_a_name_parts_the_words_of_a_query(db: None) -> None:
    assert free_name("arXiv: cat:cs.LG AND (ti:agent+s)") == "arxiv-cat-cs-lg-and-ti-agent-s"


def test_numbers_that_are_left_empty_are_as_of_most_sources(admin_client: Client, site: WebSite) -> None:
    empty = form() | {"wait_minutes": "", "quiet_days": ""}
    assert admin_client.post(f"{ADD}?adapter={SECTIONS.name}", empty).status_code == 302
    source = Source.objects.get()
    assert (source.wait_minutes, source.quiet_days) == (0, 7)
    wrong = form(section="planes") | {"wait_minutes": "long"}
    assert "wait_minutes" in errors(admin_client.post(f"{ADD}?adapter={SECTIONS.name}", wrong))


def test_what_a_kind_refuses_is_said_at_its_field(admin_client: Client, site: WebSite) -> None:
    assert errors(add(admin_client, section="two words"))["setting_section"] == [
        "A section is one word, as “boats”."
    ]
    assert errors(add(admin_client, section=""))["setting_section"] == ["This field is required."]
    assert "setting_order" in errors(add(admin_client, order="upside down"))
    assert not Source.objects.exists()


def test_the_same_is_not_fetched_by_two_sources(admin_client: Client, site: WebSite) -> None:
    add(admin_client, key="one")
    assert errors(add(admin_client, section="BOATS", key="two"))["__all__"] == [
        "“Bulletin boats” fetches the same already."
    ]
    assert add(admin_client, section="planes").status_code == 302


def test_a_secret_is_never_shown_again_and_kept_when_left_empty(admin_client: Client, site: WebSite) -> None:
    add(admin_client)
    source = Source.objects.get()
    change = reverse("admin:digest_source_change", args=[source.pk])
    for url in (change, reverse("admin:digest_source_changelist")):
        assert "tulip" not in admin_client.get(url).content.decode()
    assert "One is stored" in words(admin_client.get(change))
    admin_client.post(change, form(section="planes", key="") | {"title": "Planes"})
    source.refresh_from_db()
    assert source.settings == {"section": "planes", "order": "", "key": "tulip"}
    assert (source.title, source.name) == ("Planes", "bulletin-boats")
    admin_client.post(change, form(section="planes", key="rose"))
    source.refresh_from_db()
    assert source.settings["key"] == "rose"
    history = admin_client.get(reverse("admin:digest_source_history", args=[source.pk])).content.decode()
    assert "Key" in history
    assert "rose" not in history


def test_a_stored_secret_that_is_not_required_can_be_removed(admin_client: Client, site: WebSite) -> None:
    add(admin_client)
    source = Source.objects.get()
    change = reverse("admin:digest_source_change", args=[source.pk])
    assert "To remove it, enter “-”." in words(admin_client.get(change))
    admin_client.post(change, form(section="boats", key="-"))
    source.refresh_from_db()
    assert source.settings["key"] == ""
    assert "To remove it" not in words(admin_client.get(change))


def test_the_preview_shows_what_would_be_listed_and_stores_nothing(
    admin_client: Client, site: WebSite
) -> None:
    path = lists(site, "boats", "Paper boats float", "Paper boats sink")
    shown = previewed(admin_client)
    assert "Paper boats float" in shown
    assert "2 papers" in shown
    assert "it would be called “Bulletin boats”" in shown
    ((asked, headers),) = site.asked
    assert (asked, headers["Key"]) == (path, "tulip")
    assert not Paper.objects.exists()
    assert not Source.objects.exists()


def test_the_preview_of_a_source_that_there_is_does_not_name_it_anew(
    admin_client: Client, site: WebSite
) -> None:
    lists(site, "boats", "Paper boats float")
    add(admin_client)
    shown = previewed(admin_client, Source.objects.get())
    assert "Paper boats float" in shown
    assert "it would be called" not in shown


def test_the_preview_says_which_papers_are_stored_already(admin_client: Client, site: WebSite) -> None:
    lists(site, "boats", "Paper boats float", "Paper boats sink")
    assert "stored already" not in previewed(admin_client)
    edition("Paper boats float")
    assert "2 papers, 1 of them stored already" in previewed(admin_client)


def test_the_preview_knows_a_paper_by_its_other_keys(admin_client: Client, site: WebSite) -> None:
    edition(record("Paper boats float", key="arxiv:2511.00001"))
    lists(site, "boats", "Paper boats float")
    assert "1 paper, 1 of them stored already" in previewed(admin_client)
    assert Paper.objects.get().title == "Paper boats float"


def test_a_preview_does_not_wait_for_a_site_that_asked_to_be_left_alone(
    admin_client: Client, site: WebSite, settings: Settings
) -> None:
    settings.SOURCE_MIRRORS = {}
    until = timezone.now() + timedelta(seconds=40)
    AskedSite.objects.create(site="bulletin.example", free_at=until, interval=1)
    began = time.monotonic()
    assert "bulletin.example asked to be left alone" in previewed(admin_client)
    assert time.monotonic() - began < 10


def test_without_papers_today_the_preview_shows_those_of_an_earlier_day(
    admin_client: Client, site: WebSite
) -> None:
    lists(site, "boats")
    lists(site, "boats", "Paper boats float", days_ago=1)
    assert "Paper boats float" in previewed(admin_client)


def test_a_preview_that_fails_says_why_and_saving_stays_possible(admin_client: Client, site: WebSite) -> None:
    shown = previewed(admin_client)
    assert "found HTTP 404" in shown
    assert "can be saved all the same" in shown
    assert add(admin_client).status_code == 302


def test_a_preview_does_not_wait_longer_than_some_seconds(
    admin_client: Client, site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists(site, "boats")  # none today: the day before is asked for, too late
    monkeypatch.setattr(preview, "SECONDS", 0)
    assert "Expected the whole answer within 0 seconds" in previewed(admin_client)


def test_the_preview_of_a_wrong_form_fetches_nothing_and_says_what_is_wrong(
    admin_client: Client, site: WebSite
) -> None:
    assert "Section: A section is one word" in previewed(admin_client, section="two words")
    assert site.asked == []


def test_a_stored_secret_is_used_by_the_preview_of_a_change(admin_client: Client, site: WebSite) -> None:
    add(admin_client)
    lists(site, "planes", "Paper planes fly")
    source = Source.objects.get()
    assert "Paper planes fly" in previewed(admin_client, source, section="planes", key="")
    assert site.asked[-1][1]["Key"] == "tulip"
    source.refresh_from_db()
    assert source.settings["section"] == "boats"


def test_without_scripts_the_preview_is_a_page(admin_client: Client, site: WebSite) -> None:
    lists(site, "boats", "Paper boats float")
    url = f"{reverse('admin:digest_source_add_preview')}?adapter={SECTIONS.name}"
    page = admin_client.post(url, form())
    assert "Paper boats float" in words(page)
    assert b"<html" in page.content
    form_page = BeautifulSoup(admin_client.get(ADD, KIND).content, "lxml")
    assert form_page.select_one(f'button[formaction="{url}"]')


def test_a_long_preview_shows_the_first_papers(
    admin_client: Client, site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_page, "SHOWN", 2)
    lists(site, "boats", "One", "Two", "Three", "Four")
    shown = previewed(admin_client)
    assert "4 papers" in shown
    assert "Two" in shown
    assert "Three" not in shown
    assert "and 2 more" in shown


def test_an_address_in_the_network_of_this_machine_is_not_previewed(
    admin_client: Client, site: WebSite, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = settings.SOURCE_MIRRORS[SITE]
    inside = replace(
        SECTIONS, configured=lambda _: replace(BULLETIN, fetch_day=lambda _day, get: [get(here)])
    )
    monkeypatch.setattr(registry, "ADAPTERS", (inside,))
    assert "Expected a public address" in previewed(admin_client)
    assert site.asked == []


@pytest.mark.parametrize("may", ["view_source", "change_source"])
def test_only_who_may_add_a_source_gets_a_preview_of_a_new_one(
    client: Client, site: WebSite, may: str
) -> None:
    onlooker = User.objects.create_user("onlooker", is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename=may))
    client.force_login(onlooker)
    url = f"{reverse('admin:digest_source_add_preview')}?adapter={SECTIONS.name}"
    assert client.post(url, form()).status_code == 403
    assert client.get(ADD).status_code == 403
    source = Source.objects.create(
        name="boats", title="Boats", adapter="sections", settings={"section": "boats", "key": "tulip"}
    )
    changes = client.post(reverse("admin:digest_source_preview", args=[source.pk]), form())
    assert changes.status_code == (200 if may == "change_source" else 403)
    page = client.get(reverse("admin:digest_source_change", args=[source.pk]))
    assert "boats" in words(page)
    assert "tulip" not in page.content.decode()
    assert ("Preview its papers" in words(page)) == (may == "change_source")


def test_a_preview_is_only_asked_for_by_a_form_of_the_site(site: WebSite, admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    url = f"{reverse('admin:digest_source_add_preview')}?adapter={SECTIONS.name}"
    assert client.post(url, form()).status_code == 403
    assert client.get(url).status_code == 405
    assert site.asked == []
