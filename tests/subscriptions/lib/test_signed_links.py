"""Links do what they are for, for whom they are for, until revoked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.lib import signed_links
from subscriptions.models import Subscriber
from tests.factories import reader

pytestmark = pytest.mark.django_db
PURPOSES: list[signed_links.Purpose] = ["confirm", "preferences", "unsubscribe", "read", "vote"]


def test_a_token_works_for_its_purpose_and_reader_only() -> None:
    ada, bela = reader("ada@readers.example"), reader("bela@readers.example")
    for purpose in PURPOSES[:3]:
        token = signed_links.token(purpose, ada)
        assert signed_links.subscriber_for(token, purpose) == ada
        assert all(
            signed_links.subscriber_for(token, other) is None for other in PURPOSES if other != purpose
        )
        forged = signed_links.token(purpose, bela).split("-", 1)[0] + "-" + token.split("-", 1)[1]
        assert signed_links.subscriber_for(forged, purpose) is None


def test_raising_the_link_version_revokes_every_link_but_that_to_unsubscribe() -> None:
    ada = reader()
    tokens = [(purpose, signed_links.token(purpose, ada)) for purpose in PURPOSES[:3]]
    ada.link_version += 3
    ada.save()
    works = {purpose: signed_links.subscriber_for(token, purpose) for purpose, token in tokens}
    assert works == {"confirm": None, "preferences": None, "unsubscribe": ada}


def test_a_link_of_a_later_version_does_not_work_yet() -> None:
    ada = reader()
    later = Subscriber(pk=ada.pk, email=ada.email, link_version=1)
    assert signed_links.subscriber_for(signed_links.token("unsubscribe", later), "unsubscribe") is None


def test_links_are_short_enough_for_an_unsubscribe_header() -> None:
    ada = reader(pk=2**40)
    assert len(signed_links.token("unsubscribe", ada)) <= 30


@given(st.text(max_size=40))
def test_no_other_text_is_a_token(text: str) -> None:
    assert signed_links.subscriber_for(text, "unsubscribe") is None
    assert signed_links.delivery_for(text) is None
