"""Starting from a library in a real browser: a file at sign-up, looked up, in the mail, and removed again."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from digest.models import Paper
from subscriptions import outbox, tasks
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber
from subscriptions.planning import planner
from subscriptions.relay import LocalMailbox, local_mailbox
from tests.factories import edition, record, topic
from tests.services.arxiv import Arxiv, arxiv_here
from tests.services.axe import violations

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
READER = "new.reader@university.example"
QUANTIZATION = (
    "We quantize the weights of large language models to four bits with little loss of accuracy. Outlier "
    "activations are kept in higher precision, and calibration takes minutes on a single GPU. Post-training "
    "quantization of weights and activations makes inference with low precision integers fast."
)
LIBRARY = """@article{one, title={Low precision, high accuracy}, journal={arXiv preprint arXiv:2301.00001}}
@article{two, title={Never closed,
"""


@pytest.fixture(autouse=True)
def site(mailing_site: str) -> str:
    topic("agents", "agents", name="Agents")
    edition(record("Four bits suffice", QUANTIZATION), "Agents that read manuals")
    return mailing_site


@pytest.fixture
def arxiv(settings: Any) -> Iterator[Arxiv]:
    with arxiv_here(settings) as here:
        here.papers = {"2301.00001": ("Low precision, high accuracy", QUANTIZATION)}
        yield here


def mails() -> list[str]:
    outbox.deliver(LocalMailbox())
    found = (local_mailbox.read(entry.key) for entry in local_mailbox.entries(READER).entries)
    return [mail.text for mail in found if mail]


@pytest.mark.usefixtures("checkers")
def test_a_library_file_becomes_a_filter_that_can_be_seen_and_removed(
    page: Page, site: str, arxiv: Arxiv
) -> None:
    page.goto(site)
    page.get_by_text("Start from your library").click()
    page.get_by_label(re.compile("Or a file")).set_input_files(
        {"name": "library.bib", "mimeType": "text/plain", "buffer": LIBRARY.encode()}
    )
    page.get_by_label("Your email address").fill(READER)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text(re.compile("^Line 2, .*this entry has no end")).first).to_be_visible()
    assert violations(page) == []
    expect(page.get_by_label(re.compile("^arXiv ids"))).to_have_value("arXiv:2301.00001")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()

    tasks.look_up_papers()
    assert not arxiv.asked, "nobody has confirmed"
    (letter,) = mails()
    assert "1 paper to start from" in letter
    link = re.search(r"https?://\S+/c/\S+", letter)
    assert link
    page.goto(link.group())
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()
    tasks.look_up_papers()
    assert arxiv.asked == [["2301.00001"]]
    assert Paper.objects.get(key="arxiv:2301.00001").release is None

    edition(record("Four bits suffice, again", QUANTIZATION), "Agents at sea")
    Subscriber.objects.update(next_digest_at=timezone.now())
    planner.plan(timezone.now())
    assert any(
        "like “Low precision, high accuracy” from your library" in " ".join(mail.split()) for mail in mails()
    )

    reader = Subscriber.objects.get()
    page.goto(signed_links.url("preferences", reader))
    page.locator("#library-fold summary").click()
    page.get_by_role("button", name="Remove: Low precision, high accuracy").click()
    expect(page.get_by_text("Removed from your library.")).to_be_visible()
    assert not reader.saved_papers.exists()
    assert Delivery.objects.filter(kind=Delivery.DIGEST).exists()


@pytest.mark.usefixtures("checkers")
def test_what_a_library_would_bring_shows_while_it_is_pasted_and_stays(page: Page, site: str) -> None:
    known = record("Low precision, high accuracy", QUANTIZATION, key="arxiv:2301.00001")
    edition(known, record("Four bits suffice", QUANTIZATION), "Agents that read manuals")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    page.goto(site)
    page.get_by_label("Your email address").fill(READER)
    page.get_by_text("Start from your library").click()
    page.get_by_label(re.compile("^arXiv ids")).fill("2301.00001\n2401.00002")
    expect(page.locator("#sample")).to_contain_text("Still unknown here: 1.")
    expect(page.locator("#sample .latest")).to_have_text(re.compile("Four bits suffice"))
    page.locator(".topics").get_by_text("Agents").click()
    expect(page.locator("#sample .shares")).to_contain_text("Your library")
    expect(page.locator("#sample .shares")).to_contain_text("Agents")
    assert len([one for one in sent if "/sample/library/" in one]) == 1
    assert not any(READER in one or "new.reader" in one for one in sent)
    assert violations(page) == []
