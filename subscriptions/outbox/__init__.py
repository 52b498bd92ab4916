"""The outbox: claim → compose → hand over → record; and settle what a crashed sender left.

pending → leased → handing → accepted | deferred | refused | unknown | skipped

`handing` is committed before the relay can have end of data. If the sender crashes then, its journal tells
whether end of data left; where nothing does, the delivery becomes `unknown` and is never sent again.
"""

from subscriptions.outbox.claiming import claim
from subscriptions.outbox.passes import deliver
from subscriptions.outbox.settling import reclaim_expired
from subscriptions.outbox.transitions import unfinished

__all__ = ["claim", "deliver", "reclaim_expired", "unfinished"]
