"""The outbox: claim → compose → hand over → record; and reclaim what a crashed sender left.

pending → leased → handing → accepted | deferred | refused | unknown | skipped

`handing` is committed before the relay can have end of data: if the sender crashes then, the delivery becomes
`unknown` and is never sent again by itself.
"""

from subscriptions.outbox.claiming import claim
from subscriptions.outbox.passes import deliver
from subscriptions.outbox.transitions import reclaim_expired, unfinished

__all__ = ["claim", "deliver", "reclaim_expired", "unfinished"]
