"""The Redis or Valkey server that keeps the tasks: whether it would drop some."""

import redis


def eviction(url: str) -> str:
    """What to tell the operator if the server at `url` may drop tasks when its memory is full; else nothing.

    One that cannot be reached yet, or does not tell (many hosted ones forbid CONFIG), is accepted.
    """
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "")
    except redis.RedisError:
        return ""
    policy = policy.decode() if isinstance(policy, bytes) else str(policy)
    if policy in {"", "noeviction"}:
        return ""
    return (
        f"The Redis server evicts keys, and so tasks (maxmemory-policy {policy}): "
        "set it to noeviction, or REDIS_URL to another server."
    )
