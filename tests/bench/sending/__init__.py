"""The sink, the contestants that hand mails over to it, and the protocol between them and the bench."""
