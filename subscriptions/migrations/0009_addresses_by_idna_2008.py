"""Addresses get the key of `subscriptions.lib.email_addresses`, and domains stay those that were mailed.

The versions before wrote to the domain of IDNA 2003 (“faß.de”: fass.de), and readers confirmed there. Where
IDNA 2008 means another domain, or none, the address is rewritten to the ASCII one, so no mail goes where none
went before. A key that another reader has already is not taken away: the row keeps a key of its own, which
begins with a space, and is listed on the dashboard and by `manage.py status`.
"""

import unicodedata

import idna
from django.db import migrations

_LOWER = str.maketrans({chr(n): chr(n + 32) for n in range(ord("A"), ord("Z") + 1)})
_BATCH = 2000


def _mailed(address: str) -> tuple[str, str]:
    """The address as it is to be kept, and its domain in ASCII."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address, domain.lower()
    try:
        mailed = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:  # nothing was ever sent there
        return address, domain.lower()
    try:
        same = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii") == mailed
    except UnicodeError:
        same = False
    return address if same else f"{local}{at}{mailed}", mailed


def _key(address: str, domain: str) -> str:
    local = address.rpartition("@")[0]
    composed = unicodedata.normalize("NFC", local)
    if composed.isascii() and not local.isascii():  # a Kelvin sign is no K: what was typed is no address of its own
        composed = local
    return f"{composed.translate(_LOWER)}@{domain}"


def rewrite(apps, schema_editor):
    subscribers = apps.get_model("subscriptions", "Subscriber").objects
    rows = subscribers.order_by("pk").values_list("pk", "email", "email_key", "new_email")
    changed = []
    for pk, email, key, new_email in rows.iterator(chunk_size=_BATCH):
        if email.isascii() and key.isascii() and new_email.isascii():
            continue
        kept, domain = _mailed(email)
        changed.append((pk, kept, _key(kept, domain), _mailed(new_email)[0]))
    for pk, *_ in changed:  # keys may change places
        subscribers.filter(pk=pk).update(email_key=f" {pk}")
    for pk, email, key, new_email in changed:
        if subscribers.filter(email_key=key).exists():
            print(f"Reader {pk} ({email}): another reader has this address. Both are kept; see the dashboard.")
            key = f" {pk}"
        subscribers.filter(pk=pk).update(email=email, email_key=key, new_email=new_email)


class Migration(migrations.Migration):

    dependencies = [
        ("subscriptions", "0008_through_release"),
    ]

    operations = [
        migrations.RunPython(rewrite, migrations.RunPython.noop, elidable=False),
    ]
