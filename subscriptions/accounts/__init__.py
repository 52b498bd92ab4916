"""The life of a reader: sign-up, preferences, votes, unsubscribing, their data."""
