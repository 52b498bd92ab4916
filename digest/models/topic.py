"""Preset topics: named queries an operator can edit and a reader can tick."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from digest.matching import QuerySyntaxError, parse_query

MOST_TERMS = 150
MOST_CHARACTERS = 2_900


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
        """Refuse what cannot be read, or not together with the exclusions that a reader may add."""
        try:
            query = parse_query(self.query)
            parse_query(f"(({self.query}))")
        except QuerySyntaxError as error:
            raise ValidationError({"query": str(error)}) from error
        if query.size > MOST_TERMS or len(str(query)) > MOST_CHARACTERS:
            limits = f"at most {MOST_TERMS} words and phrases, and {MOST_CHARACTERS:,} characters"
            raise ValidationError(
                {"query": f"Too long, since readers' exclusions are added to it: {limits}."}
            )
