"""A double of the APIs of mail providers on a loopback port: it takes mail, or answers as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """One call; `fields` are those of its JSON or of its form."""

    path: str
    headers: Mapping[str, str]
    fields: Mapping[str, Any]

    @property
    def recipient(self) -> str:
        to = self.fields.get("to") or self.fields.get("To")
        if "Destination" in self.fields:
            to = self.fields["Destination"]["ToAddresses"]
        if "personalizations" in self.fields:
            to = self.fields["personalizations"][0]["to"]
        first = to[0] if isinstance(to, list) else to
        return str(first["email"] if isinstance(first, dict) else first).rpartition("<")[2].rstrip(">")


@dataclass(frozen=True)
class Answer:
    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False  # the connection is closed without it
    seconds: float = 0.0  # before it is given


NONE = Answer(200, silent=True)


@dataclass
class ProviderApi:
    port: int
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[Call], Answer | None] = lambda call: None  # None: it takes the mail
    busiest: int = 0  # calls at once
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, account: str) -> str:
        """EMAIL_URL for this server, with `account` as `postmark://TOKEN`."""
        return f"{account}{'&' if '?' in account else '?'}api_url=http://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return sorted(call.recipient for call in self.calls)

    def called(self, call: Call) -> Answer:
        with self._lock:
            self.calls.append(call)
            number = len(self.calls)
            self._at_once += 1
            self.busiest = max(self.busiest, self._at_once)
        answer = self.answer(call) or _taken(call, number)
        time.sleep(answer.seconds)
        with self._lock:
            self._at_once -= 1
        return answer


def _taken(call: Call, number: int) -> Answer:
    """The answer of the provider whose path this is to a mail that it takes."""
    if call.path.endswith("/messages.mime"):
        return Answer(200, {"id": f"<{number}@mg.example>", "message": "Queued. Thank you."})
    if call.path.endswith("/email"):
        if "sender" in call.fields:
            return Answer(201, {"messageId": f"<{number}@brevo.example>"})
        taken = {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{number}", "To": call.recipient}
        return Answer(200, taken)
    if call.path.endswith("/emails"):
        return Answer(200, {"id": f"resend-{number}"})
    if call.path.endswith("/mail/send"):
        return Answer(202, headers={"X-Message-Id": f"sg-{number}"})
    if call.path.endswith("/outbound-emails"):
        return Answer(200, {"MessageId": f"ses-{number}"})
    return Answer(404, {"message": "not found"})


def _fields(headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    if not headers.get("Content-Type", "").startswith("multipart/"):
        return dict(json.loads(body))
    form = message_from_bytes(
        f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body, policy=policy.HTTP
    )
    found: dict[str, Any] = {}
    for part in form.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        found[name] = part.get_payload(decode=True)
        if name != "message":
            found[name] = found[name].decode().strip()
    if b'name="message"' in body:  # its bytes as they came: the parser would read into it
        begin = body.index(b"\r\n\r\n", body.index(b'name="message"')) + 4
        found["message"] = body[begin : body.rindex(b"\r\n--")]
    return found


@contextmanager
def provider_api() -> Iterator[ProviderApi]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = api.called(Call(self.path, dict(self.headers), _fields(dict(self.headers), body)))
            if answer.silent:
                self.close_connection = True
                return
            content = json.dumps(answer.body).encode() if answer.body else b""
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        api = ProviderApi(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield api
        server.shutdown()
        thread.join()
