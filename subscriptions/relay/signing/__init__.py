"""DKIM signatures (RFC 6376, RFC 8463) of finished messages, and the keys for them. Pure."""

from subscriptions.relay.signing.keys import Algorithm, SigningKey, UnusableKey, new_key, read_key
from subscriptions.relay.signing.signature import signatures

__all__ = ["Algorithm", "SigningKey", "UnusableKey", "new_key", "read_key", "signatures"]
