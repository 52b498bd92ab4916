"""The operator's rooms for what is published, and for who may enter."""

from digest.admin import branding, editions, operators, papers, selections, sources, topics

__all__ = ["branding", "editions", "operators", "papers", "selections", "sources", "topics"]
