"""opendkim and rspamd, which receivers run: whether the signatures of a mail hold, without any DNS."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.services import debian
from tests.services.ports import free_port
from tests.services.started_servers import configure, running, server_home

OPENDKIM, RSPAMD = "opendkim", "rspamd"
_VARIABLES = {"RULESDIR": "rules", "PLUGINSDIR": "plugins", "LUALIBDIR": "lualib", "SHAREDIR": ""}
_HOLDS = re.compile(r"dkim=pass\b[^;]*header\.s=(\S+)")

# Takes a mail, gives the selectors whose signatures hold.
Verifier = Callable[[bytes], set[str]]


def opendkim(folder: Path, records: Mapping[str, str]) -> Verifier:
    """opendkim, for mails with keys that are published in these records by their names."""
    keys, config, mail = folder / "keys", folder / "opendkim.conf", folder / "mail"
    keys.write_text("".join(f"{name} {record}\n" for name, record in records.items()))
    config.write_text(f"Mode v\nSyslog no\nTestPublicKeys {keys}\n")
    program = str(debian.home_of(OPENDKIM) / "usr/sbin/opendkim")
    environment = os.environ | {"LD_LIBRARY_PATH": debian.libraries(OPENDKIM)}

    def verify(message: bytes) -> set[str]:
        mail.write_bytes(message)
        command = (program, "-x", str(config), "-vvv", "-t", str(mail))
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return set(_HOLDS.findall(done.stdout))

    return verify


@contextmanager
def rspamd(records: Mapping[str, str]) -> Iterator[Verifier]:
    """rspamd with its DKIM module alone, while it runs; likewise."""
    with server_home("rspamd") as home:
        port, package = free_port(), debian.home_of(RSPAMD)
        (home / "empty.lua").write_text("config = {}\n")
        (home / "tmp").mkdir()
        (home / "tmp").chmod(0o777)
        fakes = [
            f'{{name = "{name}"; type = txt; replies = ["{record}"];}},' for name, record in records.items()
        ]
        configure("rspamd.conf", home / "conf", fakes, home=home, port=port, package=package)
        shared = package / "usr/share/rspamd"
        places = [f"--var={name}={shared / folder}" for name, folder in _VARIABLES.items()]
        places += [f"--var={name}={home}" for name in ("DBDIR", "RUNDIR", "LOGDIR", "CONFDIR")]
        command = (str(package / "usr/bin/rspamd"), "-f", "-u", "nobody", "-g", "nogroup")
        with (
            running(
                (*command, "-c", str(home / "conf"), *places),
                RSPAMD,
                home,
                port,
                users=False,
                LD_LIBRARY_PATH=debian.libraries(RSPAMD),
                TMPDIR=str(home / "tmp"),
            ),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
        ):

            def verify(message: bytes) -> set[str]:
                symbols = client.post("/checkv2", content=message).json()["symbols"]
                holding = symbols.get("R_DKIM_ALLOW", {}).get("options", [])
                return {said.partition(":s=")[2] for said in holding}

            yield verify
