"""Two stored papers that are one: whatever refers to the one refers to the other from then on."""

from collections.abc import Mapping
from typing import Any, Protocol

from django.apps import apps

from digest.models import MergedPaper, Paper, PaperKey


class FollowsMergers(Protocol):
    """The manager of a model whose rows refer to papers."""

    def papers_merged(self, merged: Mapping[int, int]) -> None:
        """Make the rows of each of these papers those of the paper that it became."""


def merge(merged: Mapping[Paper, Paper]) -> None:
    """Delete papers that are found to be another one, which stays and has their facts already.

    Within a transaction. The numbers of the deleted lead to the papers that stay. Rows of other models, of
    whichever package, follow by `papers_merged`; those of models without that go with the paper.
    """
    if not merged:
        return
    numbers = {gone.pk: paper.pk for gone, paper in merged.items()}
    # A press that refers to one of them meanwhile waits, and then finds that it is gone.
    list(Paper.objects.select_for_update().filter(pk__in=numbers).order_by("pk").values_list("pk"))
    for manager in followers():
        manager.papers_merged(numbers)
    for model in (PaperKey, MergedPaper):
        for gone, paper in numbers.items():
            model.objects.filter(paper=gone).update(paper=paper)
    Paper.objects.filter(pk__in=numbers).delete()
    MergedPaper.objects.bulk_create(
        MergedPaper(number=gone, paper_id=paper) for gone, paper in numbers.items()
    )


def followers() -> list[FollowsMergers]:
    """The managers of all models that say how their rows follow."""
    managers: list[Any] = [getattr(model, "objects", None) for model in apps.get_models()]
    return [manager for manager in managers if hasattr(manager, "papers_merged")]
