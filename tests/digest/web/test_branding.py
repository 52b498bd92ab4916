"""The operator's brand: what is entered is in the next mail, and what cannot be shown is refused."""

import struct
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from digest.compose.samples import LOGO
from digest.lib.contrast import DEFAULT
from digest.lib.image_size import NoPicture, Picture, picture
from digest.models import Branding
from digest.web import branding

pytestmark = pytest.mark.django_db
JPEG = (
    b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\0" * 9
    + b"\xff\xc0" + struct.pack(">HBHH", 11, 8, 30, 200) + b"\0" * 6
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


def form_page() -> str:
    return reverse("admin:digest_branding_change", args=[branding.ONLY])


def save(client: Client, **values: Any) -> list[str]:
    """Enter values in the brand's room; what it complains about."""
    client.get(reverse("admin:digest_branding_changelist"))
    response = client.post(form_page(), {"name": "", "accent": "", "address": "", "imprint": ""} | values)
    if response.status_code == 302:
        return []
    return [error for errors in response.context["adminform"].form.errors.values() for error in errors]


def test_without_a_word_of_the_operator_the_environment_speaks(settings: Any) -> None:
    settings.SITE_NAME, settings.POSTAL_ADDRESS = "Papers", "1 Lane"
    brand = branding.current()
    assert (brand.name, brand.address, brand.accent, brand.imprint, brand.logo) == (
        ("Papers", "1 Lane", DEFAULT, "", None)
    )


def as_a_browser_sends_it(page: BeautifulSoup) -> dict[str, str]:
    """The fields of the page's form, untouched; a colour field always has a colour (HTML, 4.10.5.1.14)."""
    fields = page.select("form[method=post] :is(input, textarea)[name]:not([type=submit], [type=file])")
    return {
        str(field["name"]): str(field.get("value") or ("#000000" if field.get("type") == "color" else ""))
        for field in fields
        if field.get("type") != "checkbox"
    }


def test_saving_the_brand_unchanged_in_a_browser_keeps_the_default_colour(admin_client: Client) -> None:
    admin_client.get(reverse("admin:digest_branding_changelist"))
    page = BeautifulSoup(admin_client.get(form_page()).content, "lxml")
    assert admin_client.post(form_page(), as_a_browser_sends_it(page)).status_code == 302
    assert Branding.objects.get().accent == ""
    assert branding.current().accent == DEFAULT
    accent = page.select_one("input[name=accent]")
    assert accent is not None
    assert accent["placeholder"] == DEFAULT


def test_an_emptied_colour_is_the_default_again(admin_client: Client) -> None:
    assert save(admin_client, accent="#8a1f5f") == []
    assert save(admin_client, accent="") == []
    assert branding.current().accent == DEFAULT


def test_a_new_topic_is_not_black_because_nobody_chose_a_colour(admin_client: Client) -> None:
    page = BeautifulSoup(admin_client.get(reverse("admin:digest_topic_add")).content, "lxml")
    assert as_a_browser_sends_it(page)["colour"] == DEFAULT


def test_the_room_leads_to_its_one_form_and_shows_a_mail(admin_client: Client) -> None:
    response = admin_client.get(reverse("admin:digest_branding_changelist"), follow=True)
    assert response.status_code == 200
    assert Branding.objects.count() == 1
    page = BeautifulSoup(response.content, "lxml")
    frame = page.select_one("iframe[title='A mail']")
    assert frame is not None
    assert "Paper Digest" in admin_client.get(str(frame["src"])).content.decode()
    for address in (reverse("admin:digest_branding_add"), form_page() + "../delete/"):
        assert admin_client.get(address).status_code in {403, 302, 404}


def test_what_is_entered_is_in_mails_and_pages(admin_client: Client, client: Client) -> None:
    told = save(
        admin_client,
        name="Lab <Reads>",
        accent="#8a1f1f",
        address="2 Road",
        imprint="Responsible: Ada Example",
        new_logo=SimpleUploadedFile("logo.png", LOGO.octets),
    )
    assert told == []
    brand = branding.current()
    assert (brand.name, brand.accent, brand.address) == ("Lab <Reads>", "#8a1f1f", "2 Road")
    assert brand.logo == LOGO
    mail = admin_client.get(reverse("admin:digest_branding_preview")).content.decode()
    assert 'alt="Lab &lt;Reads&gt;"' in mail
    assert "data:image/png;base64," in mail
    assert "Responsible: Ada Example" in mail
    assert "Lab &lt;Reads&gt;" in client.get("/privacy/").content.decode()


def test_a_logo_can_be_removed(admin_client: Client) -> None:
    save(admin_client, new_logo=SimpleUploadedFile("logo.jpg", JPEG))
    logo = branding.current().logo
    assert logo is not None
    assert (logo.subtype, logo.width, logo.height) == ("jpeg", 200, 30)
    save(admin_client, no_logo="on")
    assert branding.current().logo is None


def test_a_large_logo_is_shown_small_in_its_own_proportions(admin_client: Client) -> None:
    octets = LOGO.octets[:16] + struct.pack(">II", 960, 160) + LOGO.octets[24:]
    save(admin_client, new_logo=SimpleUploadedFile("logo.png", octets))
    logo = branding.current().logo
    assert logo is not None
    assert (logo.width, logo.height) == (240, 40)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"accent": "#ffee00"}, "too pale for links: its contrast on white is 1.2:1, not 4.5:1"),
        ({"accent": "blue"}, "six hexadecimal digits"),
        ({"new_logo": SimpleUploadedFile("logo.svg", b"<svg onload='alert(1)'/>")}, "no PNG or JPEG"),
        ({"new_logo": SimpleUploadedFile("logo.png", LOGO.octets[:20])}, "breaks off"),
        ({"new_logo": SimpleUploadedFile("logo.png", LOGO.octets + b"\0" * 50_000)}, "40 KB are the limit"),
    ],
)
def test_what_could_not_be_shown_is_refused_with_the_reason(
    admin_client: Client, values: dict[str, Any], complaint: str
) -> None:
    (told,) = save(admin_client, **values)
    assert complaint in told
    assert branding.current().logo is None


def test_others_may_not_look_into_the_room(client: Client) -> None:
    for name in ("admin:digest_branding_changelist", "admin:digest_branding_preview"):
        assert client.get(reverse(name)).status_code == 302
    assert not Branding.objects.exists()


def test_pictures_are_known_by_their_first_octets() -> None:
    assert picture(LOGO.octets) == Picture("png", 96, 24)
    assert picture(JPEG) == Picture("jpeg", 200, 30)


@pytest.mark.parametrize("octets", [b"", b"GIF89a", JPEG[:18], b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\2\0\0"])
def test_what_is_no_picture_is_refused(octets: bytes) -> None:
    with pytest.raises(NoPicture):
        picture(octets)
