"""Who reads it: subscribers, their filters and schedule, deliveries and the outbox."""
