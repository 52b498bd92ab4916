"""Papers of the builds before, as this one stores them: without TeX, and with links that lead to them."""

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from digest.lib.records import paper_url, title_key
from digest.sources.tex import plain

_BATCH = 500
_TEX = ("\\", "`", "~", "--")
_TEXTS = ("title", "title_key", "abstract", "author_names", "organization", "url")
_HUGGING_FACE = "https://huggingface.co/papers/"


def _rewrite(apps: Any, _editor: Any) -> None:
    papers, entries = apps.get_model("digest", "Paper").objects, apps.get_model("digest", "EditionEntry").objects
    with_tex = Q()
    for sign in _TEX:
        with_tex |= Q(title__contains=sign) | Q(abstract__contains=sign) | Q(organization__contains=sign)
        with_tex |= Q(authors_text__contains=sign)
    listed = entries.filter(paper=OuterRef("pk"), edition__source__name="huggingface")
    not_listed = Q(key__startswith="arxiv:", url__startswith=_HUGGING_FACE) & ~Exists(listed)
    as_text = papers.annotate(authors_text=Cast("author_names", TextField()))
    chosen = as_text.filter(with_tex | not_listed | Q(url__startswith="https://doi.org/"))
    numbers = list(chosen.values_list("pk", flat=True))
    unlisted = set(papers.filter(not_listed).values_list("pk", flat=True))
    for start in range(0, len(numbers), _BATCH):
        batch = list(papers.filter(pk__in=numbers[start : start + _BATCH]))
        before = [[getattr(paper, name) for name in _TEXTS] for paper in batch]
        for paper in batch:
            paper.title, paper.abstract = plain(paper.title), plain(paper.abstract)
            paper.organization, paper.title_key = plain(paper.organization), title_key(plain(paper.title))
            paper.author_names = [plain(name) for name in paper.author_names]
            if paper.pk in unlisted or paper.url == f"https://doi.org/{paper.key.removeprefix('doi:')}":
                paper.url = paper_url(paper.key, paper.title)
            paper.updated_at = timezone.now()  # search indexes them anew
        changed = [
            paper
            for paper, texts in zip(batch, before, strict=True)
            if [getattr(paper, name) for name in _TEXTS] != texts
        ]
        papers.bulk_update(changed, [*_TEXTS, "updated_at"])


class Migration(migrations.Migration):
    dependencies = [("digest", "0009_reasons_and_release_names")]
    operations = [migrations.RunPython(_rewrite, migrations.RunPython.noop, elidable=True)]
