"""What is logged of requests, without addresses and signed links."""
