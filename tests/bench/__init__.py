"""`make bench`: what this service does in a second, beside its peers, in one run."""
