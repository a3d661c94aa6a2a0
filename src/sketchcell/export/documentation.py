"""The page that goes with a model in a BioImage.IO package."""

from __future__ import annotations

from sketchcell.export.content import Content


def documentation(content: Content, objects: int) -> str:
    """Return the page, Markdown.

    Parameters
    ----------
    content
        What is exported.
    objects
        How many cells the model finds in the sample image.
    """
    about, config = content.about, content.model.config
    size = f" Its objects are about {config.diameter:.0f} px wide." if config.diameter else ""
    authors = ", ".join(author.name for author in about.authors)
    decoder = (
        "The output `labels` holds the instances, 0 = background."
        if content.decoder
        else "They become instances in sketchcell: `load_model` reads this package."
    )
    maps = ", ".join(f"`{name}`" for name in content.channels)
    steps = "\n".join(f"- {name}: {value}" for name, value in config.provenance.items())
    return f"""# {about.title}

{about.description or "A model that finds cells."}

By {authors}; licence: {about.licence}.
{f"Please cite: {about.citation} {about.doi}" if about.citation or about.doi else ""}

## What it does

It finds cells in images with {config.image_channels} channel(s).{size} It was made with sketchcell
(family `{config.family}`, network `{config.network}`). Its maps are {maps}. {decoder}

## How to use it

{_input(content)} Height and width may be any. Whole images are better than parts: near the rim of a part a
network does not see all that counts.

## Validation

Maps and instances were compared with those of the model it was made from; in the sample image it finds
{objects} objects. How well it does on other images must be judged on images with a ground truth.

## How it was made

{steps or "Unknown."}
"""


def _input(content: Content) -> str:
    normalization = content.model.config.normalization
    if not content.normalised:
        return "Give images with the intensities that they have: they are normalised inside."
    if not normalization.clahe:
        return "Intensities are scaled between percentiles of the whole image, as the description says."
    contrast = ", then CLAHE as `skimage.exposure.equalize_adapthist` does"
    return (
        f"Give images of which percentile {normalization.low:g} of each channel is made 0 and "
        f"{normalization.high:g} is made 1{contrast}."
    )
