"""Offers to widen the queries of a form by abbreviations, and what pressing one does."""

from django.http import QueryDict

from digest.matching.query.abbreviation_offers import Offer, offers
from subscriptions.accounts.query_builder import followed

MOST = 4
TAKEN = "also"  # the name of the buttons


def offers_for(queries: str) -> tuple[Offer, ...]:
    """What may be added to the queries, one a line: the first few, each once."""
    found = {
        offer.key: offer for line in queries.splitlines() if not followed(line) for offer in offers(line)
    }
    return tuple(found.values())[:MOST]


def with_offer_taken(values: QueryDict) -> QueryDict:
    """The values of a form; where an offer was pressed, with each query that it was made for widened."""
    key = values.get(TAKEN)
    if not key:
        return values
    widened = values.copy()
    widened["queries"] = "\n".join(
        next((offer.query for offer in offers(line) if offer.key == key), line)
        for line in values.get("queries", "").splitlines()
    )
    return widened
