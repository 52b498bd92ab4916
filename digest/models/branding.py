"""What the operator says about who publishes; one row, and what is empty comes from the environment."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from digest.lib.contrast import LIGHT_PAPER, TEXT, contrast, on_light

_HEX = RegexValidator(
    r"^#[0-9a-fA-F]{6}\Z", "Write the colour as # and six hexadecimal digits, like #1f5fbf."
)


def validate_accent(colour: str) -> None:
    """A colour in which links can be read on white (WCAG 2.2: a contrast of 4.5:1)."""
    _HEX(colour)
    found = contrast(colour, LIGHT_PAPER)
    if found < TEXT:
        raise ValidationError(
            f"{colour} is too pale for links: its contrast on white is {found:.1f}:1, not {TEXT}:1. "
            f"The nearest that has it is {on_light(colour)}."
        )


class Branding(models.Model):
    """How mails and pages name their publisher. `digest.web.branding` reads it."""

    name = models.CharField(max_length=60, blank=True, help_text="Empty: SITE_NAME.")
    accent = models.CharField(
        "accent colour",
        max_length=7,
        blank=True,
        validators=[validate_accent],
        help_text="Of links and buttons, as #rrggbb. Dark mode gets a lighter shade of it.",
    )
    address = models.CharField(
        "postal address",
        max_length=300,
        blank=True,
        help_text="At the foot of every mail. Empty: POSTAL_ADDRESS.",
    )
    imprint = models.CharField(
        max_length=500,
        blank=True,
        help_text="Who is responsible, or what else the law asks for; below the address.",
    )
    logo = models.BinaryField(null=True, editable=False)
    logo_type = models.CharField(max_length=10, editable=False)
    logo_width = models.PositiveIntegerField(default=0, editable=False)
    logo_height = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "branding"

    def __str__(self) -> str:
        return self.name or "Branding"
