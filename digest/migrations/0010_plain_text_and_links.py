"""Papers of the builds before, as this one stores them: without TeX, and with links that lead to them."""

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from digest.lib.records import paper_url, title_key
from digest.sources.tex import plain

_BATCH = 500
_TEX = ("\\", "`", "~", "--")
_HUGGING_FACE = "https://huggingface.co/papers/"


def _rewrite(apps: Any, _editor: Any) -> None:
    papers, entries = apps.get_model("digest", "Paper").objects, apps.get_model("digest", "EditionEntry").objects
    with_tex = Q()
    for sign in _TEX:
        with_tex |= Q(title__contains=sign) | Q(abstract__contains=sign) | Q(organization__contains=sign)
    listed = entries.filter(paper=OuterRef("pk"), edition__source__name="huggingface")
    not_listed = Q(key__startswith="arxiv:", url__startswith=_HUGGING_FACE) & ~Exists(listed)
    chosen = papers.filter(with_tex | not_listed | Q(url__startswith="https://doi.org/"))
    numbers = list(chosen.values_list("pk", flat=True))
    unlisted = set(papers.filter(not_listed).values_list("pk", flat=True))
    for start in range(0, len(numbers), _BATCH):
        batch = list(papers.filter(pk__in=numbers[start : start + _BATCH]))
        for paper in batch:
            paper.title, paper.abstract = plain(paper.title), plain(paper.abstract)
            paper.organization, paper.title_key = plain(paper.organization), title_key(plain(paper.title))
            if paper.pk in unlisted or paper.url == f"https://doi.org/{paper.key.removeprefix('doi:')}":
                paper.url = paper_url(paper.key, paper.title)
            paper.updated_at = timezone.now()  # search indexes them anew
        fields = ["title", "title_key", "abstract", "organization", "url", "updated_at"]
        papers.bulk_update(batch, fields)


class Migration(migrations.Migration):
    dependencies = [("digest", "0009_reasons_and_release_names")]
    operations = [migrations.RunPython(_rewrite, migrations.RunPython.noop, elidable=True)]
