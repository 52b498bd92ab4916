"""Every request has a number: in its answer, on the page that says it failed, in each line of its log."""

import logging
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from digest.web.limits.throttling import client_address
from digest.web.logs.log_lines import request_number

logger = logging.getLogger("digest.access")


def middleware(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Number the request, and with ACCESS_LOG write a line about it: who, what, the answer, how long it took.

    What was asked for behind a “?” is left out: people search for what concerns them.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        number, began = secrets.token_hex(6), time.monotonic()
        before = request_number.set(number)
        try:
            response = answer(request)
            response["X-Request-ID"] = number
            if settings.ACCESS_LOG:
                taken = round(1000 * (time.monotonic() - began))
                path = request.path.encode("unicode_escape").decode()  # a line break would begin a false line
                line = (client_address(request) or "-", request.method, path, response.status_code)
                logger.info("%s %s %s %d, %d ms", *line, taken)
        finally:
            request_number.reset(before)
        return response

    return answered
