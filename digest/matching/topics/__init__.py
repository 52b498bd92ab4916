"""Preset topics that weigh a whole paper: features, the trained classifier, its evaluation."""
