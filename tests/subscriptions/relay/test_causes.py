"""What a server's “no” is about: a mailbox is held dead by what names it, and by nothing else."""

import time

import pytest

from subscriptions.relay import Verdict, gist
from subscriptions.relay.causes import Cause, cause_of
from subscriptions.relay.reply_codes import recipient_outcome
from subscriptions.relay.smtp.reply_parser import Reply

# As servers write them: Postfix, Exim, sendmail, Courier, OpenSMTPD, Haraka, Exchange, large providers.
DEAD = [
    (550, "5.1.1 no such user"),
    (554, "5.1.1 no such user"),
    (550, "#5.1.0 Address rejected."),
    (550, "5.1.2 no such domain"),
    (550, "5.1.6 has moved"),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; relay"),
    (550, "5.2.1 mailbox disabled"),
    (550, "5.4.1 Recipient address rejected: Access denied"),
    (550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302)"),
    (550, "5.7.1 <ada@readers.test>: Recipient address rejected: No such user"),
    (550, "No such user here"),
    (550, "Unknown user"),
    (550, "Unrouteable address"),
    (550, "Invalid recipient"),
    (550, "User account is disabled"),
    (550, "mailbox for ada@readers.test not found"),
    (551, "User not local"),
    (553, "Mailbox name invalid"),
    (554, "delivery error: dd This user doesn't have such an account (ada@readers.test) [0]"),
]
POLICY = [
    (550, "Sender rate overlimit - 120.3 / 1h / digest@digest.test"),
    (550, "Administrative prohibition"),
    (550, "Verification failed for <digest@digest.test> No such user here Sender verify failed"),
    (550, "Sender verify failed"),
    (553, "5.1.7 sender address rejected"),
    (550, "5.1.8 sender domain not found"),
    (553, "5.1.8 <digest@digest.test>... Domain of sender address digest@digest.test does not exist"),
    (550, "Relaying not permitted"),
    (550, "relay not permitted"),
    (550, "Authentication required"),
    (550, "Blocked, see our Policy"),
    (550, "looks like SPAM"),
    (550, "5.5.1 bad sequence"),
    (550, "5.7.1 relay access denied"),
    (554, "5.7.1 Client host rejected: cannot find your reverse hostname"),
    (550, "5.7.515 authenticate your domain"),
    (
        550,
        "5.2.1 The user is receiving mail at a rate that prevents additional messages from being delivered",
    ),
    (550, "5.2.1 The user is receiving mail too quickly"),
    (550, "Your IP address is unknown"),
    (550, "Client address not found"),
    (550, "Sender address unknown"),
    (550, "Return address is invalid"),
    (550, "5.1.0 sender address unknown"),
    (550, "5.7.1 Your account has been disabled"),
    (550, "Invalid address in your From header"),
]
FULL = [(552, "5.2.2 mailbox full"), (550, "Mailbox quota exceeded"), (552, "too much")]
MESSAGE = [
    (552, "5.3.4 Message size exceeds fixed limit"),
    (550, "Message too big!"),
    (552, "Message size exceeds the limit"),
    (550, "5.6.0 content"),
]
UNKNOWN = [
    (550, "Access denied"),
    (550, "Requested action not taken: mailbox unavailable"),
    (550, "<unknown_user@readers.test>: rejected"),
    (553, "sorry, that domain is not in my list of allowed rcpthosts"),
    (554, "no"),
]


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        *((*answer, Cause.DEAD) for answer in DEAD),
        *((*answer, Cause.POLICY) for answer in POLICY),
        *((*answer, Cause.FULL) for answer in FULL),
        *((*answer, Cause.MESSAGE) for answer in MESSAGE),
        *((*answer, Cause.UNKNOWN) for answer in UNKNOWN),
    ],
)
def test_only_a_code_or_words_that_name_the_mailbox_say_that_it_is_dead(
    code: int, text: str, cause: Cause
) -> None:
    assert cause_of(code, text) == cause


@pytest.mark.parametrize("word", ["user ", "sender ", "account is ", "a@"])
def test_an_answer_as_long_as_a_server_may_give_is_judged_at_once(word: str) -> None:
    began = time.process_time()
    assert cause_of(550, word * (65_000 // len(word))) == Cause.UNKNOWN
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("code", "text", "verdict"),
    [
        (250, "2.1.5 OK", Verdict.ACCEPTED),
        (251, "will forward", Verdict.ACCEPTED),
        (450, "4.2.0 greylisted", Verdict.DEFERRED),
        (452, "too many recipients", Verdict.DEFERRED),
        (550, "5.1.1 no such user", Verdict.REFUSED),
        (550, "what it means nobody knows", Verdict.REFUSED),
        (552, "5.2.2 mailbox full", Verdict.DEFERRED),
        (550, "Administrative prohibition", Verdict.DEFERRED),
        (552, "5.3.4 Message size exceeds fixed limit", Verdict.DEFERRED),
        (421, "4.3.2 closing", None),
        (530, "5.7.0 Must issue a STARTTLS command first", None),
        (535, "5.7.8 bad credentials", None),
        (538, "encryption required", None),
    ],
)
def test_a_delivery_ends_where_trying_again_would_not_help(
    code: int, text: str, verdict: Verdict | None
) -> None:
    outcome = recipient_outcome(Reply(code, (text,)), "")
    assert (outcome and outcome.verdict) == verdict


def test_refusals_of_one_cause_say_the_same_whoever_they_are_about() -> None:
    one = "RCPT TO rejected: 550 5.7.1 <ada@readers.test>: blocked, 120.3 / 1h, id 4Xk2p9QzRt (17)"
    other = "RCPT TO rejected: 550 5.7.1 <bela@readers.test>: blocked, 121.0 / 1h, id 9Zk8p1QwRu (4)"
    assert gist(one) == gist(other)
    assert gist(one).startswith("RCPT TO rejected: 550 5.7.1 <>: blocked")
    assert gist("550 5.1.1 no") != gist("550 5.7.1 no")
