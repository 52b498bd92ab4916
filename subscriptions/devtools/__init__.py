"""For development (DEBUG) alone: the local inbox, previews, demo and synthetic readers."""
