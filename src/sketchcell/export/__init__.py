"""What was learned and what was found, in the formats of other programs."""

from sketchcell.export.about import About, Author, licences, title_from
from sketchcell.export.exporting import export, exporting
from sketchcell.export.formats import FORMATS, Format
from sketchcell.export.report import Report, Trial

__all__ = [
    "FORMATS",
    "About",
    "Author",
    "Format",
    "Report",
    "Trial",
    "export",
    "exporting",
    "licences",
    "title_from",
]
