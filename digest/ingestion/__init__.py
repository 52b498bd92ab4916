"""Store what sources publish: editions, papers, releases; and the topics that are shipped."""
