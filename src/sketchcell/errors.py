"""The one exception that is meant for the person in front of the screen."""


class SketchcellError(Exception):
    """A mistake that the user can mend.

    The message is one clear sentence that says what is wrong and what to do. The command line prints it and
    exits with code 2; the napari plugin shows it as a notification. Nothing else of the project catches it.
    """
