"""Where pixels and sound came from; what the signature will say about them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Provenance that travels with a value through every node.

    `ingredients` are the files that went in; `model`, `model_digest`, `prompt` and `seed` are of
    the generation, empty for media that were only read.
    """

    ingredients: tuple[str, ...] = ()
    model: str = ""
    model_digest: str = ""
    prompt: str = ""
    seed: int | None = None

    @property
    def generated(self) -> bool:
        """Whether a model made (part of) this."""
        return bool(self.model)

    def joined(self, other: Origin) -> Origin:
        """What results from mixing two values: all ingredients, the first generation named."""
        maker = self if self.generated else other
        return Origin(
            ingredients=tuple(dict.fromkeys(self.ingredients + other.ingredients)),
            model=maker.model,
            model_digest=maker.model_digest,
            prompt=maker.prompt,
            seed=maker.seed,
        )
