"""The whole way as a new user goes it: everything runs for real, and a browser drives."""

import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.services.fixtures import StartService
from tests.services.ports import free_port

pytestmark = pytest.mark.services

READER = "new.reader@university.example"


@pytest.fixture
def site(service: StartService) -> tuple[str, str]:
    """The address of a fresh `make run`, and the admin's password as it was printed."""
    port = free_port()
    running = service("serve", env={"PORT": str(port), "HOST": "127.0.0.1"})
    running.wait_for("Press Ctrl-C to stop.", seconds=90)
    password = re.search(r"Admin user “admin”, password (\S+)", running.output)
    assert password is not None
    return f"http://localhost:{port}", password[1]


def open_mail(page: Page, site: str, subject: str | re.Pattern[str]) -> FrameLocator:
    """The newest mail to the new reader with this subject, once it has come."""
    for _ in range(60):
        page.goto(f"{site}/inbox/?q={READER}")
        link = page.get_by_role("link", name=subject)
        if link.count():
            link.first.click()
            return page.frame_locator("iframe")
        page.wait_for_timeout(500)
    raise AssertionError(f"no mail with the subject {subject!r} came")


def test_sign_up_confirm_read_and_leave(site: tuple[str, str], page: Page) -> None:
    address, password = site
    requests: list[str] = []
    page.context.on("request", lambda request: requests.append(request.url))

    page.goto(address)
    page.get_by_role("checkbox", name=re.compile("Quantization")).check()
    page.get_by_role("checkbox", name=re.compile("Distributed training")).check()
    sample = page.frame_locator("iframe.mail")
    expect(sample.get_by_role("link", name=re.compile("GPTQ")).first).to_be_visible(timeout=10_000)
    page.get_by_label("Your email address").fill(READER)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name=re.compile("inbox"))).to_be_visible()

    letter = open_mail(page, address, re.compile("[Cc]onfirm"))
    letter.get_by_role("link", name=re.compile("Confirm")).first.click()
    expect(page.get_by_text("Quantization")).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()

    digest = open_mail(page, address, re.compile("^Welcome: "))
    expect(digest.get_by_text("Your subscription is confirmed.")).to_be_visible()
    expect(digest.get_by_role("heading", name=re.compile("GPTQ"))).to_be_visible()
    expect(digest.get_by_text(re.compile("Why:")).first).to_be_visible()
    expect(digest.get_by_role("heading", name=re.compile("Duplex-GS"))).to_have_count(0)

    page.goto(f"{address}/admin/")
    page.get_by_label(re.compile("[Uu]sername")).fill("admin")
    page.get_by_label(re.compile("[Pp]assword")).fill(password)
    page.get_by_role("button", name=re.compile("Log in")).click()
    page.goto(f"{address}/admin/subscriptions/subscriber/?q={READER}")
    page.get_by_role("link", name=READER).click()
    page.get_by_text("Send the next digest now").first.click()
    page.get_by_role("button", name="Send the next digest now").click()
    expect(page.get_by_text(re.compile("will get the next digest"))).to_be_visible()

    digest = open_mail(page, address, re.compile("^Welcome: "))
    digest.get_by_role("link", name="Unsubscribe").first.click()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()

    page.goto(f"{address}/admin/subscriptions/subscriber/?q={READER}")
    expect(page.get_by_text("unsubscribed").first).to_be_visible()
    outside = [url for url in requests if not url.startswith((address, "data:", "blob:", "about:"))]
    assert outside == []
