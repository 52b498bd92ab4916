"""SpamAssassin with its own rules alone, no network: what it holds of mails as they arrive."""

import email
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.services.debian import home_of

PACKAGE = "spamassassin"
# From the machine that made it straight to the reader's server: the case that it judges hardest.
_HOP = b"""Return-Path: <digest@digest.example.org>
Received: from digest.example.org (digest.example.org [93.184.215.14])
\tby mx.example.net (Postfix) with ESMTPS id 4ABCD1234
\tfor <reader@example.org>; Wed, 05 Nov 2025 06:00:02 +0000 (UTC)
"""
_BETWEEN = b"From digest@digest.example.org Wed Nov  5 06:00:02 2025\n"
_SCORE = re.compile(r"score=(-?[\d.]+).*?tests=(.*?)\s+autolearn", re.DOTALL)


def scores(mails: Mapping[str, bytes], folder: Path) -> dict[str, tuple[float, str]]:
    """The score of each mail by its name, and the rules that it met."""
    root, preferences = home_of(PACKAGE), folder / "preferences"
    preferences.touch()
    libraries = [root / "usr/share/perl5", *root.glob("usr/lib/*/perl5/*")]
    command = [
        *("perl", "-T", *(f"-I{library}" for library in libraries), str(root / "usr/bin/spamassassin")),
        *("--local", "--test-mode", "--mbox", f"--prefspath={preferences}"),
        f"--configpath={root / 'usr/share/spamassassin'}",
        f"--siteconfigpath={root / 'etc/spamassassin'}",
    ]
    sent = b"\n".join(
        _BETWEEN + b"X-Name: %b\n" % name.encode() + _HOP + mail.replace(b"\r\n", b"\n")
        for name, mail in mails.items()
    )
    done = subprocess.run(command, input=sent, capture_output=True, check=True, env={"HOME": str(folder)})
    judged = [email.message_from_bytes(mail) for mail in done.stdout.split(_BETWEEN)[1:]]
    return {mail["X-Name"]: _score(mail["X-Spam-Status"]) for mail in judged}


def _score(status: str) -> tuple[float, str]:
    found = _SCORE.search(status)
    assert found, status
    return float(found[1]), "".join(found[2].split())
