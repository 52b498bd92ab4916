"""`python -m tests.bench.sending.visitors URL REDIS_URL RATE SECONDS`: sign-ups at a steady rate, as JSON.

Each is due at its own moment and timed from then, however slow those before it are: waiting in line counts
(no coordinated omission). Each is a connection of its own, as a browser's would be.
"""

import asyncio
import json
import sys
import time
from urllib.parse import urlencode, urlsplit

import httpx
import redis
from bs4 import BeautifulSoup, Tag

_LIMITS = "digest:signups:*"
_RESET = 0.03  # seconds; limits are counted as ever, but all visitors come from one network


async def main(url: str, redis_url: str, rate: int, seconds: int) -> None:
    form, cookie = _form(url)
    resetting = asyncio.create_task(_reset(redis_url))
    started = time.perf_counter()
    visits = []
    for number in range(rate * seconds):
        due = started + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        address = f"visitor-{time.time_ns()}-{number}@visitors.example"
        visits.append(asyncio.create_task(_visit(url, cookie, {**form, "email": address}, due)))
    answers = await asyncio.gather(*visits)
    resetting.cancel()
    taken = sorted(seconds for status, seconds in answers if status == 302)
    figures = {"asked": len(answers), "taken": len(taken), "seconds": taken}
    print(json.dumps(figures))  # noqa: T201


def _form(url: str) -> tuple[dict[str, str], str]:
    """What a visitor's browser would post, with the first topic ticked, and the cookie it would bring."""
    with httpx.Client() as client:
        page = client.get(url)
        form = BeautifulSoup(page.text, "lxml").find("form", method="post")
        assert isinstance(form, Tag)
        values = {
            str(field["name"]): str(field.get("value", ""))
            for field in form.select("input[name]:not([type=checkbox]):not([type=radio]), [checked]")
        }
        for field in form.select("select[name]"):
            chosen = field.select_one("option[selected]") or field.select_one("option")
            assert chosen is not None
            values[str(field["name"])] = str(chosen.get("value"))
        topic = form.select_one("input[name=topics]")
        assert topic is not None
        return values | {"topics": str(topic["value"])}, f"csrftoken={client.cookies['csrftoken']}"


async def _visit(url: str, cookie: str, values: dict[str, str], due: float) -> tuple[int, float]:
    """Post the form; the status of the answer (0 if there was none) and the seconds since it was due."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    body = urlencode(values).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nCookie: {cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
    except OSError:
        return 0, 0.0
    return int(answer[9:12] or 0), time.perf_counter() - due


async def _reset(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        while True:
            if keys := client.keys(_LIMITS):
                client.delete(*keys)
            await asyncio.sleep(_RESET)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
