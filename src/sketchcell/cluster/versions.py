"""Whether workers run what we run."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from sketchcell.errors import SketchcellError

if TYPE_CHECKING:
    from distributed import Client

_COMPARED = ("napari-sketchcell", "dask", "distributed", "torch", "numpy", "scipy", "scikit-image")


def versions() -> dict[str, str]:
    """Return what decides about results and about how objects travel, by name."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in _COMPARED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def differences(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """Return in words how two sets of versions differ, "" if they do not."""
    return ", ".join(
        f"{name} {theirs.get(name, 'none')} instead of {version}"
        for name, version in ours.items()
        if theirs.get(name) != version
    )


def require_same_versions(client: Client) -> None:
    """Make sure that the workers that are there run what we run.

    Raises
    ------
    SketchcellError
        When one does not.
    """
    try:
        answers: dict[str, Any] = client.run(versions, on_error="return")
    except Exception as error:
        raise SketchcellError(f"The workers cannot be asked for their versions: {error}.") from error
    ours = versions()
    for worker, answer in answers.items():
        if isinstance(answer, BaseException):
            raise SketchcellError(
                f"The worker {worker} cannot run sketchcell ({answer}); install the same environment on all "
                "workers."
            )
        if different := differences(ours, answer):
            raise SketchcellError(
                f"The worker {worker} has {different}; install the same environment on all workers."
            )
