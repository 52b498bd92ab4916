"""The answers to what cannot be served: unknown pages, unreadable requests, a sign-in that is locked."""
