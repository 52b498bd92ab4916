#!/usr/bin/env bash
# dkimpy 1.1.8: the headers signed by default include List-Unsubscribe but not List-Unsubscribe-Post, without whose
# signature RFC 8058 asks receivers not to offer one-click unsubscribing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check dkimpy==1.1.8 cryptography==49.0.0
.venv/bin/python - <<'PYTHON'
import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
message = (
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: s\r\nDate: Mon, 30 Nov 2026 09:00:00 +0000\r\n"
    b"List-Unsubscribe: <https://example.org/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nx\r\n"
)
header = dkim.sign(message, b"s", b"example.org", key).decode()
names = {name.strip().lower() for name in header.split("h=")[1].split(";")[0].split(":")}
print(sorted(names))
assert "list-unsubscribe" in names and "list-unsubscribe-post" not in names, "both are signed, or neither, now"
PYTHON
