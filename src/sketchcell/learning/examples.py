"""All images that a learner has, by number; they join and leave while it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization
from sketchcell.inference import EmbeddedImage, EmbeddingStore, Progress
from sketchcell.learning.embedded_patches import tiles_to_embed
from sketchcell.learning.example import Example
from sketchcell.learning.sheets import Sheet
from sketchcell.networks import Network
from sketchcell.sketch import Window


class Examples:
    """Examples by number: each is given once, from 0.

    Parameters
    ----------
    normalization
        Of all images.
    """

    def __init__(self, normalization: Normalization) -> None:
        self._normalization = normalization
        self._kept: dict[int, Example] = {}
        self._next = 0
        self._scale = 1.0
        self._embed: Callable[[Example], None] | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Example]:
        return iter(self._kept.values())

    def __contains__(self, number: object) -> bool:
        return number in self._kept

    def __getitem__(self, number: int) -> Example:
        """Return the example of a number.

        Raises
        ------
        SketchcellError
            When there is none, or it has left.
        """
        if number not in self._kept:
            raise SketchcellError(f"There is no image {number} to paint on; there are {len(self._kept)}.")
        return self._kept[number]

    @property
    def channels(self) -> int:
        """Of the images; there must be at least one."""
        return int(next(iter(self)).normalized.shape[0])

    @property
    def pixels(self) -> int:
        """How many are painted, in pixels of the working scale."""
        return sum(each.tiles.total(kind) for each in self.painted for kind in ("object", "background"))

    @property
    def painted(self) -> list[Example]:
        """Those that something was painted on."""
        return [example for example in self if example.is_painted]

    @property
    def embedded(self) -> int:
        """How many tiles are embedded."""
        return sum(len(example.embedded.there) for example in self if example.embedded)

    def add(self, sheet: Sheet) -> Example:
        """Take one more.

        Raises
        ------
        SketchcellError
            When it has other channels than those that are there.
        """
        example = Example(
            sheet.image, sheet.sketch, self._normalization, whole=sheet.whole, number=self._next
        )
        counts = sorted(
            {self.channels if self._kept else example.normalized.shape[0]} | {example.normalized.shape[0]}
        )
        if len(counts) > 1:
            raise SketchcellError(
                f"The images have different numbers of channels ({counts}); train on one kind."
            )
        example.rescale(self._scale)
        if self._embed is not None:
            self._embed(example)
        self._kept[self._next] = example
        self._next += 1
        return example

    def leave(self, number: int) -> Example:
        """Forget one; its number is not given again."""
        example = self[number]
        del self._kept[number]
        return example

    def rescale(self, scale: float) -> list[Example]:
        """Bring all, and those to come, to a working scale; return those that had another."""
        self._scale = scale
        return [example for example in self if example.rescale(scale)]

    def embed_with(self, network: Network, store: EmbeddingStore) -> None:
        """Let a network's frozen encoder embed all images, and those to come; other networks do nothing."""
        self._embed = lambda example: example.embed_with(network, store)
        for example in self:
            self._embed(example)

    def embed_next(self, number: int | None = None, window: Window | None = None) -> Progress | None:
        """Embed one more tile; see `Learner.embed_next`."""
        needed: list[tuple[EmbeddedImage, int]] = []
        if number is not None and (looked_at := self[number].embedded) is not None:
            needed = [(looked_at, tile) for tile in looked_at.missing(window)]
        for example in self.painted:
            if example.embedded is not None:
                needed += [(example.embedded, tile) for tile in tiles_to_embed(example)]
        if not needed:
            return None
        image, tile = needed[0]
        image.embedding(tile)
        return Progress(self.embedded, self.embedded + len(set(needed)) - 1, "looking at the image")
