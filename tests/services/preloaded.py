"""What a process of the service is forked with: libraries, and what of the service reads no settings."""

from importlib import import_module

from django.conf import settings

from digest.compose.templating.environment import TEMPLATES, letter_environment
from digest.matching.topics.classifier import preset_topics

_LIBRARIES = (
    *("celery.__main__", "celery.bin.beat", "celery.bin.worker", "celery.concurrency.prefork"),
    *("celery.fixups.django", "celery.worker.worker", "csp.middleware", "django.contrib.admin"),
    *("django.contrib.postgres.fields", "django.contrib.sitemaps", "django.db.backends.postgresql.base"),
    *("django.db.backends.sqlite3.base", "django.template.backends.django", "django.views.debug"),
    *("django.template.backends.jinja2", "httpx", "kombu.transport.redis", "redis.asyncio"),
    *("whitenoise.middleware", "digest.sources", "tests.services.forked"),
)

for _name in _LIBRARIES:
    import_module(_name)
preset_topics()
for _name in ("digest.html", "digest.txt"):
    letter_environment(TEMPLATES, "en").get_template(_name)
assert not settings.configured, "what is imported here reads settings: they would be those of no process"
