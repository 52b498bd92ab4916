"""What is published: sources, editions, papers, topics, matching and the composed email."""
