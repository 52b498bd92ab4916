"""One mailbox is one reader, two mailboxes are two, and mail goes to the domain that was meant."""

import pytest
from django.core.exceptions import ValidationError

from digest.compose.mime.header_encoding import checked_address
from subscriptions.lib.email_addresses import parse


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("reader@faß.de", "reader@xn--fa-hia.de"),
        ("reader@straße.de", "reader@xn--strae-oqa.de"),
        ("reader@Bücher.example", "reader@xn--bcher-kva.example"),
        ("reader@ＥＸＡＭＰＬＥ.org", "reader@example.org"),
    ],
)
def test_mail_goes_to_the_domain_of_idna_2008(typed: str, mailed: str) -> None:
    assert checked_address(parse(typed).spelling) == mailed
    assert parse(typed).key == mailed


@pytest.mark.parametrize(
    "spellings",
    [
        ("Ada@Bücher.example", "ada@BÜCHER.example", "ada@xn--bcher-kva.EXAMPLE"),
        ("ada@faß.de", "Ada@XN--FA-HIA.de"),
        ("jos\u00e9@readers.example", "jose\u0301@readers.example"),
        ("ada.l@readers.example", '"Ada.L"@readers.example'),
    ],
)
def test_one_mailbox_has_one_key_however_it_is_typed(spellings: tuple[str, ...]) -> None:
    assert len({parse(typed).key for typed in spellings}) == 1


@pytest.mark.parametrize(
    "mailboxes",
    [
        ("straße@readers.example", "strasse@readers.example"),
        ("müller@readers.example", "muller@readers.example", "MÜLLER@readers.example"),
        ("a@faß.de", "a@fass.de"),
        ("ς@readers.example", "σ@readers.example"),
        ("ı@readers.example", "i@readers.example"),
        ("ada@readers.example", '"a da"@readers.example', '".ada"@readers.example'),
    ],
)
def test_signs_that_are_not_ascii_never_become_others(mailboxes: tuple[str, ...]) -> None:
    assert len({parse(typed).key for typed in mailboxes}) == len(mailboxes)


@pytest.mark.parametrize("sign", ["\u212a", "ſ", "ﬀ", "ａ", "\u1fef", "ⅰ"])
def test_a_sign_that_only_looks_like_a_plain_letter_is_refused(sign: str) -> None:
    with pytest.raises(ValidationError) as refused:
        parse(f"mi{sign}e@readers.example")
    assert f"“{sign}” is not a plain letter" in " ".join(refused.value.messages)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("ada@localhost", "Mail can be sent to a domain such as example.org, but not to “localhost”."),
        ("ada@[127.0.0.1]", "but not to “[127.0.0.1]”."),
        ("ada@127.0.0.1", "but not to “127.0.0.1”."),
        ("ada@☕.example", "“☕.example” is not a domain name: it has a sign that none can have,"),
        (f"{'a' * 65}@readers.example", "longer than mail allows: 64 characters before the @"),
        (f"{'ü' * 33}@readers.example", "longer than mail allows"),
        (f"{'a' * 60}@{'ä' * 40}.{'ö' * 40}.{'ü' * 40}.{'é' * 40}.example", "longer than mail allows"),
        (f"ada@{'.'.join(['ü' * 35] * 6)}.example", "is not a domain name"),
        ("ada@xn--zzzz.example", "This is not an email address."),
        ("a da@readers.example", "This is not an email address."),
        ("ada\u200b@readers.example", "This is not an email address."),
        (".ada@readers.example", "This is not an email address."),
        ("ada@-readers.example", "This is not an email address."),
        ("ada@readers.example.", "This is not an email address."),
    ],
)
def test_what_mail_cannot_be_sent_to_is_refused_with_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        parse(typed)
    assert sentence in " ".join(refused.value.messages)


@pytest.mark.parametrize(
    "typed",
    ["a@b.example", "O'Neil+list@readers.example", '"ada l"@readers.example', f"{'a' * 64}@readers.example"],
)
def test_what_mail_can_be_sent_to_is_kept_as_typed(typed: str) -> None:
    assert parse(f" {typed}\n").spelling == typed
