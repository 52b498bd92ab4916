"""`manage.py dkim_key`: make keys that sign every mail, and say what to publish in the DNS for them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest import mail_env
from subscriptions.relay import key_files
from subscriptions.relay.signing import Algorithm, SigningKey, UnusableKey


class Command(BaseCommand):
    help = (
        "Make the keys of a new DKIM selector, where they are not made yet, and print the DNS records to "
        "publish and the setting to make. Nothing is signed with them before that."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "name", nargs="?", help="begins the selectors; without it, this month's: digest202612"
        )
        parser.add_argument(
            "--algorithm",
            choices=list(Algorithm),
            help="one key alone; without it, two, for receivers of whom some verify RSA alone",
        )

    def handle(self, *args: Any, name: str | None, algorithm: Algorithm | None, **options: Any) -> None:
        name = name or f"digest{timezone.now():%Y%m}"
        if not mail_env.is_selector(name):
            raise CommandError(f"“{name}” is no name for a selector: letters, digits, hyphens.")
        if "." not in key_files.domain():
            raise CommandError("Set DEFAULT_FROM_EMAIL to a sender whose domain is yours: that domain signs.")
        keys = [self._key(f"{name}-{one}", one) for one in ([algorithm] if algorithm else Algorithm)]
        self.stdout.write(f"\nPublish in the DNS of {keys[0].domain}:\n")
        for key in keys:
            strings = " ".join(f'"{string}"' for string in key.record_strings)
            self.stdout.write(f"\n{key.record_name}. IN TXT ( {strings} )")
        setting = ",".join(f"{key.selector}={_path(key.selector)}" for key in keys)
        self.stdout.write(
            "\nA form that takes one string wants those of a record joined, without quotation marks."
            f"\nOnce “dig +short TXT {keys[0].record_name}” shows it, set this and start the workers again:"
            f"\n\nDKIM_KEYS={setting}\n"
            "\nEach worker has to be able to read the files, nobody else. To change keys, do the same with"
            "\na new name; take the old record out of the DNS a week later, when no mail needs it any more,"
            "\nand delete the old file."
        )

    def _key(self, selector: str, algorithm: str) -> SigningKey:
        path = _path(selector)
        try:
            key, made = key_files.key_in(path, selector, Algorithm(algorithm))
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}") from error
        except UnusableKey as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path}: {'made' if made else 'was there, and stays'}")
        return key


def _path(selector: str) -> Path:
    return Path(settings.DATA_DIR, "dkim", f"{selector}.pem")
