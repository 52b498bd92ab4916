"""Learning the topic model, offline: needs numpy, scipy and scikit-learn (requirements-train.txt)."""
