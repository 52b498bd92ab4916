"""Papers, queries and the other ways to match them."""
