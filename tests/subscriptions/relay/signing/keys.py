"""Keys of example.org, made once, and their records by name."""

from subscriptions.relay.signing import Algorithm, new_key, read_key

KEYS = tuple(read_key("example.org", one.value, new_key(one)) for one in Algorithm)
SELECTORS = {key.selector for key in KEYS}
RECORDS = {key.record_name: key.record for key in KEYS}
