"""Why a mail server refuses for good (5xx): one table of codes and words. Pure.

Few servers say it well. Exim, Courier and OpenSMTPD give no enhanced code (RFC 3463), so only words are left;
Postfix adds 5.7.1 to whatever an access map says. A reader is taken for dead only by a code that means the
mailbox, or by words that name it: what cannot be told apart is `UNKNOWN`, never `DEAD`.
"""

import re
from collections.abc import Mapping
from enum import StrEnum


class Cause(StrEnum):
    """What a refusal is about, by what follows from it."""

    DEAD = "dead"  # there is no such mailbox: nothing more is sent to it
    FULL = "full"  # the mailbox has no space: tried again
    POLICY = "policy"  # the sender, its server or the rate: tried again, and the operator has to act
    MESSAGE = "message"  # this mail, most often its size: tried again, and says nothing of others
    UNKNOWN = "unknown"  # anything else


_LONGEST = 500  # characters that are looked at: the time that patterns take grows with the square of it
_ENHANCED = re.compile(r"\W*5\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463; some servers write “#5.1.0”
_ADDRESS = re.compile(r"<[^<>\s]*>|[^\s<>@]+@[^\s<>@]+")
_CODES = re.compile(r"\D*\d{3}[ -]*(\W*\d\.\d+\.\d+)?")
_VARIABLE = re.compile(r"\b(?=\w*\d)\w{8,}\b|\d[\d.]*")  # names in a queue, counters, sizes

# What the code alone decides. RFC 3463, 5248, 7372 and 7505.
_BY_CODE: Mapping[str, Cause] = {
    "1.1": Cause.DEAD,  # bad destination mailbox
    "1.2": Cause.DEAD,  # bad destination system: there is no such domain
    "1.3": Cause.DEAD,  # bad syntax of the destination
    "1.6": Cause.DEAD,  # the mailbox has moved, without an address to forward to
    "1.10": Cause.DEAD,  # the domain takes no mail (null MX)
    "2.1": Cause.DEAD,  # the mailbox is disabled
    "2.2": Cause.FULL,
    "1.7": Cause.POLICY,  # bad syntax of the sender's address
    "1.8": Cause.POLICY,  # the sender's domain does not exist
    "2.3": Cause.MESSAGE,  # longer than the mailbox allows
    "3.4": Cause.MESSAGE,  # longer than the server allows
}
# What a class of codes means where neither the code nor the words say more.
_BY_CLASS: Mapping[str, Cause] = {
    "3": Cause.POLICY,  # the mail system
    "5": Cause.POLICY,  # the protocol: a command was not taken as we sent it
    "6": Cause.MESSAGE,  # content and conversion
    "7": Cause.POLICY,  # security and policy
}

# In this order: a server that could not verify our own address may quote “no such user” about it.
_BY_WORDS: tuple[tuple[Cause, re.Pattern[str]], ...] = tuple(
    (cause, re.compile("|".join(words), re.IGNORECASE))
    for cause, words in (
        (
            Cause.POLICY,
            (
                r"\bsender\b.*\b(verif|reject|rate|refus|not allowed|denied|domain)",
                r"\b(sender|sending|return|from|host|client|ip|your) (ip |mail )?(address|account|header)\b",
                r"\bcallout\b",
                r"administrative(ly)? prohibit",  # Exim's words for any “deny” without a message
                r"\brate\b.*\b(limit|exceed)|\b(over|too many|exceed\w*)\b.*\b(rate|messages|connections)\b",
                r"\brelay(ing)?\b",
                r"authenti|\bauth required|not authori[sz]ed",
                r"\bspf\b|\bdkim\b|\bdmarc\b|\bptr\b|reverse dns|\brbl\b|dnsbl",
                r"spam|junk|block(ed|list)|black ?list|deny ?list|reputation|greylist",
                r"\bpolicy\b|policies|prohibited|unsolicited|client host",
            ),
        ),
        (
            Cause.FULL,
            (
                r"(mailbox|inbox|account|user)\b.*\b(is )?(full|over ?quota)",
                r"over ?quota|quota (is )?exceed|exceed\w* (\w+ ){0,3}(quota|storage)",
                r"insufficient (system )?storage",
            ),
        ),
        (
            Cause.MESSAGE,
            (
                r"(message|mail|content|header)\b.*\b(too (big|large|long)|exceeds)",
                r"size (limit|exceed)|exceeds? (\w+ ){0,3}size|too (big|large)",
            ),
        ),
        (
            Cause.DEAD,
            (
                (
                    r"(no|not a|invalid|unknown|non-?existent|unrouteable|bad|disabled|inactive) (such )?"
                    r"(local )?(user|mailbox|recipient|address|account|person)\b"
                ),
                r"no (mailbox|account|one|user)\b.*\b(here|by that name|with that|found)",
                (
                    r"(user|mailbox|recipient|address|account)( \S+)?( name)? (is |was |has been |are |not )*"
                    r"(unknown|invalid|disabled|inactive|suspended|not (found|known|local|valid|exist))"
                ),
                r"(user|mailbox|recipient|address|account|inbox)\b.*\b(doesn't|not) (exist|found|have)",
                r"(user|mailbox|account) (not |is not )(local|found|known)",
                r"recipientnotfound|no longer (here|exists|valid)",
            ),
        ),
    )
)
# Google says so with 5.2.1 of a mailbox that is well, and has got much mail in a short time.
_TOO_FAST = re.compile(r"\bat a rate\b|\btoo (quickly|fast|often)\b", re.IGNORECASE)
# Microsoft's answers for an address that its directory does not know. Elsewhere the first words are those of
# RFC 5321 for any 550, policy included, and the others Postfix's for any access map.
_NOT_IN_DIRECTORY = re.compile(
    r"\W*(5\.5\.0\b.*mailbox unavailable|5\.4\.1\b.*recipient address rejected)", re.IGNORECASE
)


def cause_of(code: int, text: str) -> Cause:
    """Why a server answers a recipient with this 5xx; `text` begins with the enhanced code, if any."""
    text = text[:_LONGEST]
    if _TOO_FAST.search(text):
        return Cause.POLICY
    enhanced = _ENHANCED.match(text)
    if enhanced and (cause := _BY_CODE.get(".".join(enhanced.groups()))):
        return cause
    if _NOT_IN_DIRECTORY.match(text):
        return Cause.DEAD
    words = _ADDRESS.sub("", text[enhanced.end() :] if enhanced else text)
    for cause, pattern in _BY_WORDS:
        if pattern.search(words):
            return cause
    if enhanced:
        subject, detail = enhanced.groups()
        if (subject, detail) == ("1", "0"):  # “address rejected”, in no other words
            return Cause.DEAD
        return _BY_CLASS.get(subject, Cause.UNKNOWN)
    return Cause.FULL if code == 552 else Cause.UNKNOWN  # RFC 5321, 4.2.2: exceeded storage allocation


def gist(answer: str) -> str:
    """An answer without what differs from mail to mail: addresses, numbers, names in a queue.

    Refusals with the same gist have the same cause, whoever they are about.
    """
    codes = _CODES.match(answer)
    said = answer[codes.end() :] if codes else answer
    words = " ".join(_VARIABLE.sub("#", _ADDRESS.sub("<>", said)).split())
    return f"{codes[0].strip() if codes else ''} {words}".strip()[:200]
