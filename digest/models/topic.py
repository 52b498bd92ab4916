"""Preset topics: named queries an operator can edit and a reader can tick."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from digest.matching import QuerySyntaxError, parse_query


class Topic(models.Model):
    """A preset topic. `edited` tells an operator's wording from the shipped one, which updates itself."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=160)
    query = models.TextField()
    colour = models.CharField(max_length=7, validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Use #rrggbb.")])
    position = models.PositiveSmallIntegerField(default=100)
    enabled = models.BooleanField(default=True, help_text="Offered to readers.")
    edited = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            parse_query(self.query)
        except QuerySyntaxError as error:
            raise ValidationError({"query": str(error)}) from error
