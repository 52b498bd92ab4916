"""Every page in every state, with hostile content: nothing breaks out, everybody can use it."""

from collections import Counter
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from subscriptions.devtools.letter_samples import SAMPLES
from subscriptions.devtools.page_samples import PAGES

PARTS = {"sample-update", "too-many-searches-part"}
WHOLE = [name for name in PAGES if name not in PARTS]
LABELLED = "input:not([type=hidden]), select, textarea"


@pytest.fixture(autouse=True)
def _debug(settings: Any) -> None:
    settings.DEBUG = True


def preview(client: Client, name: str) -> BeautifulSoup:
    response = client.get(f"/previews/page/{name}/")
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml")


@pytest.mark.django_db
def test_outside_of_development_there_are_no_previews(client: Client, settings: Any) -> None:
    settings.DEBUG = False
    paths = [
        "/previews/",
        "/previews/page/signup/",
        "/previews/email/digest/one/",
        "/previews/email/digest/one/html",
    ]
    assert {client.get(path).status_code for path in paths} == {404}


def test_the_index_leads_to_every_page_and_every_letter(client: Client) -> None:
    found = BeautifulSoup(client.get("/previews/").content, "lxml")
    links = {str(link["href"]) for link in found.select("main a")}
    assert {f"/previews/page/{name}/" for name in PAGES} <= links
    assert {f"/previews/email/{template}/{case}/" for template, case in SAMPLES} <= links


def test_unknown_cases_are_not_found(client: Client) -> None:
    paths = ["/previews/page/none/", "/previews/email/digest/none/", "/previews/email/none/one/html"]
    assert {client.get(path).status_code for path in paths} == {404}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_hostile_breaks_out_of_a_page(client: Client, name: str) -> None:
    found = preview(client, name)
    assert all(script.has_attr("src") and not script.get_text() for script in found.find_all("script"))
    assert not found.find_all(["style", "b", "img", "object", "embed"])
    inline = [a for tag in found.find_all(True) for a in tag.attrs if a == "style" or a.startswith("on")]
    assert inline == []
    for number in found.select("#request-number"):  # at random
        number.decompose()
    assert "49" not in found.get_text().replace("{{ 7*7 }}", "")


@pytest.mark.parametrize("name", WHOLE)
def test_a_page_has_the_frame_one_heading_and_a_language(client: Client, name: str) -> None:
    found = preview(client, name)
    assert found.html is not None
    assert found.html["lang"] == "en"
    assert len(found.find_all("h1")) == 1
    assert found.title is not None
    assert found.title.get_text().endswith(" · Paper Digest")
    assert found.select_one("a.skip[href='#content']")
    assert found.select_one("main#content")


@pytest.mark.parametrize("name", WHOLE)
def test_every_field_has_a_label_and_every_reference_a_target(client: Client, name: str) -> None:
    found = preview(client, name)
    ids = Counter(str(tag["id"]) for tag in found.select("[id]"))
    assert not [name for name, count in ids.items() if count > 1]
    for field in found.select(LABELLED):
        assert field.find_parent("label") or found.select_one(f"label[for='{field.get('id')}']"), field
    referred = {
        reference
        for attribute in ("aria-describedby", "aria-labelledby", "for")
        for tag in found.select(f"[{attribute}]")
        for reference in str(tag[attribute]).split()
    }
    anchors = {str(a["href"])[1:] for a in found.select("a[href^='#']")}
    assert referred | anchors <= ids.keys()
    assert all(frame.get("title") and frame.has_attr("sandbox") for frame in found.find_all("iframe"))


@pytest.mark.parametrize("name", WHOLE)
def test_a_page_loads_nothing_from_elsewhere(client: Client, name: str) -> None:
    found = preview(client, name)
    loaded = [
        str(tag[a])
        for a in ("src", "href")
        for tag in found.select(f"script[{a}], link[{a}]:not([rel=canonical], [hreflang]), iframe[{a}]")
    ]
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)


@pytest.mark.parametrize(("template", "case"), SAMPLES)
def test_every_letter_is_shown_at_two_widths_as_text_and_with_headers(
    client: Client, template: str, case: str
) -> None:
    path = f"/previews/email/{template}/{case}/"
    frames = BeautifulSoup(client.get(path).content, "lxml").find_all("iframe")
    assert [str(frame["src"]) for frame in frames] == [path + "html"] * 2
    assert client.get(path + "html").status_code == 200
    assert client.get(path, {"show": "text"}).status_code == 200
    assert "To: reader@example.org" in client.get(path, {"show": "headers"}).content.decode()
