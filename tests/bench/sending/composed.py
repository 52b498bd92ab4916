"""`python composed.py ACTION COUNT`: compose mails that were planned, on this build or an earlier one.

    own COUNT     the mails of COUNT selections, each of its own, after those of as many others
    first COUNT   the same as the first of their process, with all that it reads and compiles for them
    shared COUNT  COUNT mails of one selection, which was composed before

Each mail is signed for its reader: their address, links and headers are in it.
"""

import sys
from importlib import import_module, util

import django

django.setup()

from subscriptions.models import Delivery  # noqa: E402 - needs the set-up
from tests.bench.sending.turns import take_turn  # noqa: E402

_BATCH = 50
_HOMES = ("subscriptions.emails.composer", "subscriptions.letters")  # of the composer: now, and in 8b45341


def main(action: str, count: int) -> None:
    home = next(name for name in _HOMES if util.find_spec(name.split(".")[0] + "." + name.split(".")[1]))
    composer = import_module(home).Composer()
    planned = Delivery.objects.filter(selection__isnull=False).select_related("subscriber")
    by_selection = {each.selection_id: each for each in planned.order_by("selection_id", "-pk")}
    deliveries = list(by_selection.values())

    def compose(some: list[Delivery]) -> int:
        for start in range(0, len(some), _BATCH):
            composer.expect(some[start : start + _BATCH])
            for delivery in some[start : start + _BATCH]:
                composer.message(delivery)
        return len(some)

    if action == "first":
        take_turn(lambda: compose(deliveries[:count]))
    elif action == "own":
        compose(deliveries[:count])
        take_turn(lambda: compose(deliveries[count : 2 * count]))
    else:
        compose(deliveries[:1])
        take_turn(lambda: sum(1 for _ in range(count) if composer.message(deliveries[0])))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
