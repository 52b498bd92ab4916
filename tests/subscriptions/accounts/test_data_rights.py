"""Data, erasure and a new address: only behind a link that was mailed within half an hour."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from digest.models import Selection, Topic
from subscriptions import outbox, tasks
from subscriptions.accounts import data_rights, signup
from subscriptions.emails.composer import Composer
from subscriptions.lib import signed_links
from subscriptions.lib.signed_links import FreshPurpose
from subscriptions.models import Delivery, FilterSet, Subscriber, Suppression
from subscriptions.outbox import transitions
from subscriptions.outbox.claiming import claim
from subscriptions.outbox.preparing import composed
from subscriptions.outbox.transitions import Transition
from subscriptions.planning import planner
from subscriptions.relay import LocalMailbox, local_mailbox
from tests.factories import NOW, edition, reader, topic
from tests.subscriptions.browsing import address, page, said, stored

pytestmark = pytest.mark.django_db
PURPOSES: list[FreshPurpose] = ["export", "erase", "move", "address", "saved"]
LATER = NOW + timedelta(minutes=11)
NEW = "ada@elsewhere.example"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _nobody_to_wake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda: None)


@pytest.fixture
def agents() -> Topic:
    return topic("agents", "agents")


@pytest.fixture
def ada(agents: Topic) -> Subscriber:
    return reader("ada@readers.example", [agents], ["kv*"])


def fresh(purpose: FreshPurpose, subscriber: Subscriber) -> str:
    return f"/a/{purpose}/{signed_links.fresh_token(purpose, subscriber, timezone.now())}/"


def mailed_links(to: str) -> list[str]:
    """Hand over what waits, and return the links of the newest mail to this address."""
    outbox.deliver(LocalMailbox())
    newest = local_mailbox.entries(to).entries[0]
    mail = local_mailbox.read(newest.key)
    assert mail is not None
    return re.findall(r"https?://localhost:8000(/\S+)", mail.text)


@pytest.mark.parametrize(
    ("action", "path"),
    [("export", "/a/export/"), ("erase", "/a/erase/"), ("move", "/a/move/"), ("saved", "/a/saved/")],
)
def test_a_press_in_the_preferences_mails_a_link_and_opens_nothing(
    client: Client, ada: Subscriber, action: str, path: str
) -> None:
    response = client.post(address("preferences", ada), {"action": action}, follow=True)
    assert "A letter with the link is on its way" in said(response)
    assert path not in response.content.decode()
    (link,) = [link for link in mailed_links(ada.email) if link.startswith("/a/")]
    assert link.startswith(path)
    assert client.get(link).status_code == 200


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_works_for_half_an_hour(
    client: Client, ada: Subscriber, clock: Any, purpose: FreshPurpose
) -> None:
    path = fresh(purpose, ada)
    clock.move_to(NOW + timedelta(minutes=29))
    assert client.get(path).status_code == 200
    clock.move_to(NOW + timedelta(minutes=31))
    before = stored()
    for response in (client.get(path), client.post(path, {"email": NEW})):
        assert response.status_code == 404
        assert "This link has ended" in said(response)
    assert stored() == before


@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_other_link_opens_any_of_it(client: Client, ada: Subscriber, purpose: FreshPurpose) -> None:
    others: list[str] = [signed_links.fresh_token(other, ada, NOW) for other in PURPOSES if other != purpose]
    others += [
        signed_links.token("preferences", ada),
        signed_links.token("unsubscribe", ada),
        "1-x",
        "1-zzzzzzzzzzzzz-x",
        "--",
    ]
    others += [f"1-{'z' * 13}-{'x' * 16}", f"1-{'9' * 40}-x"]
    for token in others:
        assert client.get(f"/a/{purpose}/{token}/").status_code == 404


@pytest.mark.parametrize("purpose", PURPOSES)
def test_scanners_that_follow_a_fresh_link_change_nothing(
    client: Client, ada: Subscriber, purpose: FreshPurpose
) -> None:
    path, before = fresh(purpose, ada), stored()
    for request in (client.get, client.head):
        assert request(path).status_code == 200
        assert request(path + "?file=1&email=eve@x.example").status_code == 200
    assert stored() == before


def test_letters_with_links_are_few(client: Client, ada: Subscriber, clock: Any) -> None:
    path = address("preferences", ada)
    for minutes in (0, 5, 11, 25, 40):
        clock.move_to(NOW + timedelta(minutes=minutes))
        client.post(path, {"action": "export"})
    assert ada.deliveries.filter(kind="export").count() == signup.LETTERS_A_DAY


@pytest.mark.parametrize("state", [Subscriber.State.PAUSED, Subscriber.State.UNSUBSCRIBED])
def test_who_gets_no_digests_still_gets_their_data(ada: Subscriber, state: Subscriber.State) -> None:
    Subscriber.objects.update(state=state, next_digest_at=None)
    data_rights.ask(ada, "export", NOW)
    assert any(link.startswith("/a/export/") for link in mailed_links(ada.email))


def test_the_file_holds_all_that_is_stored(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals")
    planner.plan(NOW)
    response = client.get(fresh("export", ada) + "?file=1")
    assert "attachment" in response["Content-Disposition"]
    told = json.loads(response.content)
    assert (told["address"], told["topics"], told["queries"]) == ("ada@readers.example", ["agents"], ["kv*"])
    assert told["trending"] == 0
    assert told["confirmed_at"] == NOW.isoformat()
    (mail,) = told["mails"]
    assert (mail["kind"], len(mail["papers"])) == ("digest", 1)
    columns = {field.name for field in Subscriber._meta.fields} - {"id", "email_key", "demo", "link_version"}
    internal = {"filter_set", "covered", "returning"}
    renamed = {"email", "new_email", "created_at", "consented_at", "consent"}
    assert columns - internal - renamed <= told.keys()


def test_erasing_leaves_a_hash_and_nothing_else(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals")
    planner.plan(NOW)
    response = client.post(fresh("erase", ada))
    assert "Everything about you is erased" in said(response)
    for model in (Subscriber, Delivery, FilterSet, Selection):
        assert not model.objects.exists(), model
    (row,) = Suppression.objects.values()
    assert "ada@" not in str(row)  # “ada” alone can be part of a hash
    assert "readers" not in str(row)
    assert client.get(address("preferences", ada)).status_code == 404


def test_erasing_takes_nothing_from_others(client: Client, ada: Subscriber, agents: Topic) -> None:
    edition("Agents that read manuals")
    bob = reader("bob@readers.example", [agents], ["kv*"])
    planner.plan(NOW)
    client.post(fresh("erase", ada))
    bob.refresh_from_db()
    delivery = bob.deliveries.get()
    assert delivery.selection is not None
    assert str(bob.filter_set) == "Agents, kv*"


def test_an_erased_address_is_never_written_to_and_nobody_can_tell(client: Client, ada: Subscriber) -> None:
    client.post(fresh("erase", ada))
    form = {"topics": ["agents"], "time_zone": "UTC", "hour": "7", "rhythm": "daily", "weekday": "0"}
    answers = set()
    for email in ("Ada@Readers.example", "new@readers.example"):
        response = client.post("/", form | {"email": email})
        answers.add((response.status_code, response["Location"], response.content))
    assert len(answers) == 1
    assert [row.email for row in Subscriber.objects.all()] == ["new@readers.example"]


def test_a_new_address_is_used_once_its_owner_confirms(client: Client, ada: Subscriber) -> None:
    assert "Check the inbox of the new address" in said(client.post(fresh("move", ada), {"email": NEW}))
    ada.refresh_from_db()
    assert ada.email == "ada@readers.example"
    (link,) = [link for link in mailed_links(NEW) if link.startswith("/a/address/")]
    old = address("preferences", ada)
    assert "Use this address?" in said(client.get(link))
    assert "go to the new address" in said(client.post(link))
    ada.refresh_from_db()
    assert (ada.email, ada.email_key, ada.new_email) == (NEW, NEW, "")
    assert str(ada.filter_set) == "Agents, kv*"
    assert client.get(old).status_code == 404


def test_a_letter_to_one_new_address_never_has_the_link_for_another(ada: Subscriber) -> None:
    data_rights.offer_address(ada, "first@readers.example", NOW)
    (leased,) = claim(1, "me", timezone.now())
    data_rights.offer_address(ada, NEW, NOW + signup.LETTER_INTERVAL)
    made = composed(leased, Composer(), timezone.now(), local=True)
    assert isinstance(made, Transition)
    assert (made.to, made.reason) == ("skipped", "another address was asked for meanwhile")


@pytest.mark.parametrize("whose", ["nobody's", "another reader's", "erased"])
def test_nobody_learns_whether_a_new_address_is_known(
    client: Client, ada: Subscriber, agents: Topic, whose: str
) -> None:
    if whose == "another reader's":
        reader(NEW, [agents])
    elif whose == "erased":
        Suppression.objects.add_address(NEW)
    response = client.post(fresh("move", ada), {"email": NEW})
    assert response.status_code == 200
    assert "Check the inbox of the new address" in said(response)
    sent = ada.deliveries.filter(kind="address").exists()
    assert sent is (whose == "nobody's")


def test_an_address_taken_meanwhile_stays_with_its_reader(
    client: Client, ada: Subscriber, agents: Topic
) -> None:
    data_rights.offer_address(ada, NEW, NOW)
    ada.refresh_from_db()
    path = fresh("address", ada)
    reader(NEW, [agents])
    assert "has a subscription of its own" in said(client.post(path))
    ada.refresh_from_db()
    assert ada.email == "ada@readers.example"


def test_a_link_for_one_new_address_confirms_no_other(client: Client, ada: Subscriber, clock: Any) -> None:
    data_rights.offer_address(ada, NEW, NOW)
    ada.refresh_from_db()
    path = fresh("address", ada)
    clock.move_to(LATER)
    data_rights.offer_address(ada, "other@elsewhere.example", LATER)
    assert client.get(path).status_code == 404


def test_a_new_address_that_does_not_exist_costs_the_old_one_nothing(ada: Subscriber) -> None:
    data_rights.offer_address(ada, NEW, NOW)
    ada.refresh_from_db()
    delivery = ada.deliveries.get(kind="address")
    Delivery.objects.update(state=Delivery.State.HANDING, worker="w", leased_until=LATER)
    transitions.write(
        "w", [Transition(delivery.pk, Delivery.State.REFUSED, "550 no such user", attempted=True)], NOW
    )
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.ACTIVE


def test_what_is_no_address_is_explained(client: Client, ada: Subscriber) -> None:
    response = client.post(fresh("move", ada), {"email": "ada@"})
    assert response.status_code == 422
    assert "It should look like name@example.org" in said(response)
    assert page(response).select_one("input[name=email][aria-invalid=true][value='ada@']")


def moved_by(client: Client, subscriber: Subscriber) -> None:
    """Change the reader's address to the new one, by the letter."""
    data_rights.offer_address(subscriber, NEW, timezone.now())
    (link,) = [link for link in mailed_links(NEW) if link.startswith("/a/address/")]
    assert "go to the new address" in said(client.post(link))


def test_a_link_to_unsubscribe_works_for_ever_also_after_a_change_of_address(
    client: Client, ada: Subscriber, clock: Any
) -> None:
    before = address("unsubscribe", ada)
    moved_by(client, ada)
    clock.move_to(NOW + timedelta(days=3000))
    assert client.post(before, {"List-Unsubscribe": "One-Click"}).status_code == 200
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


def test_other_links_of_the_old_address_open_nothing(client: Client, ada: Subscriber) -> None:
    purposes: list[signed_links.Purpose] = ["preferences", "confirm", "return", "feed-atom", "feed-json"]
    before = [urlsplit(signed_links.url(purpose, ada)).path for purpose in purposes]
    moved_by(client, ada)
    assert {client.get(path).status_code for path in before} == {404}


def test_the_new_address_gets_links_that_work_at_once(client: Client, ada: Subscriber, clock: Any) -> None:
    moved_by(client, ada)
    clock.move_to(NOW + timedelta(minutes=1))
    links = mailed_links(NEW)
    opened = {link[:3]: client.get(link).status_code for link in links if link.count("/") > 2}
    assert opened == {"/p/": 200, "/u/": 200}
