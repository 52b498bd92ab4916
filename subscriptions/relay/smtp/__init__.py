"""SMTP to a relay: sessions as pure state machines, sockets, and a pool of connections."""
