"""Segmenting an image of any size: the same cells as in one piece, memory of a few blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import zarr
from dask.delayed import delayed
from numpy.typing import NDArray

from sketchcell.errors import SketchcellError
from sketchcell.families import MapTraits, checked_params, get_family, params_to_dict
from sketchcell.images import Planes
from sketchcell.inference import Progress, TileGrid, blend, drain, run
from sketchcell.large.block import find_cells
from sketchcell.large.found import Found
from sketchcell.large.places import WorkFolder
from sketchcell.large.plan import Plan, make_plan
from sketchcell.large.scene import LazyScene, Scene, opening_scene
from sketchcell.large.seams import Joined, join
from sketchcell.large.workers import Threads, Workers
from sketchcell.large.writing import writing_ids
from sketchcell.model import Model, at_working_size, encode_weights
from sketchcell.sketch import Window

Maps = NDArray[np.float32]


def segmenting_large(
    model: Model,
    planes: Planes,
    plane: tuple[int, ...],
    out: zarr.Array[Any],
    *,
    work: Path,
    params: Any = None,
    tile: int | None = None,
    halo: int | None = None,
    workers: Workers | None = None,
) -> Generator[Progress, None, Found]:
    """Segment a plane block by block.

    The network sees the tiles that it would see of the whole plane, each once. The cells of a block are found
    in it and a halo around it; those that lie in several blocks have the same number in all of them, so that
    there are no seams. What the decoder has to know of the whole image it takes from windows spread over it,
    as it does with a large image in memory: where the halo exceeds the largest cell, the cells are those of
    `Model.segment`, numbered in another order.

    Parameters
    ----------
    model
        On its device.
    planes, plane
        The image, read lazily, and which of its planes.
    out
        An array (H, W) of integers for the labels: ids 1…n, 0 = background. Only written when all is known.
    work
        A folder for what is done so far. Work that was stopped goes on there. It stays: remove it when the
        labels are where they shall be.
    params
        Of the family, for decoding; None takes the model's own.
    tile, halo
        Side of a block, and how large cells may be, in pixels of the image; None decides by the model.
    workers
        Who does it; None: threads of this process.

    Yields
    ------
    Progress
        While intensities are looked at, then after each block, then while ids are written.

    Returns
    -------
    Found

    Raises
    ------
    SketchcellError
        When image and model do not fit, the image holds NaN, or a folder cannot be written.
    """
    config = model.config
    channels = len(planes.channels or range(planes.channel_count))
    if channels != config.image_channels:
        raise SketchcellError(
            f"The model learned from images with {config.image_channels} channel(s), this one has "
            f"{channels}; give images of the same kind."
        )
    params = config.params if params is None else checked_params(model.family.Params, params)
    params = at_working_size(params, planes.shape, model.working_shape(planes.shape))
    plan = make_plan(model, planes.shape, tile, halo)
    scene = yield from opening_scene(planes, plane, config.normalization, plan.working)
    folder = WorkFolder(work)
    folder.begin(_about(model, params, plan, scene, plane), plan)
    job = _Job(plan, folder, scene, workers or Threads(), model, params)
    try:
        joined = yield from job.joining()
    except OSError as error:
        raise SketchcellError(f"{work} cannot be written: {error.strerror or error}.") from error
    yield from writing_ids(folder, plan, joined, out, job.workers)
    return Found(joined.count, _warnings(plan, joined))


class _Job:
    """All that the tasks of one plane have in common."""

    def __init__(
        self, plan: Plan, folder: WorkFolder, scene: Scene, workers: Workers, model: Model, params: Any
    ) -> None:
        self.plan, self.folder, self.workers, self.params = plan, folder, workers, params
        self._model = workers.hold(model)
        self._family = model.config.family
        self._tiles: dict[int, Any] = {}
        self._run = token_hex(8)
        # large ones, which travel to a worker once
        self._scene = delayed(scene, name=f"scene-{self._run}", traverse=False)
        self._plan = delayed(plan, name=f"plan-{self._run}", traverse=False)

    def joining(self) -> Generator[Progress, None, Joined]:
        """Find the cells of all blocks that are not done, and number those of the image."""
        plan = self.plan
        traits = self.folder.traits
        if traits is None:
            traits = self.folder.traits = yield from self._surveying()
        missing = [number for number in range(len(plan.blocks)) if self.folder.record(number) is None]
        done = len(plan.blocks) - len(missing)
        yield Progress(done, len(plan.blocks), "segmenting")
        tasks = [self._block(number, traits) for number in missing]
        self._tiles.clear()
        for _ in self.workers.run(tasks):
            done += 1
            yield Progress(done, len(plan.blocks), "segmenting")
        records = [self.folder.record(number) for number in range(len(plan.blocks))]
        if any(record is None for record in records):
            raise SketchcellError(f"Files in {self.folder.path} are missing or damaged; start again.")
        return join(plan, [record for record in records if record is not None], traits.exact, self.params)

    def _surveying(self) -> Generator[Progress, None, MapTraits]:
        """Look at the maps of some windows; the tiles of these need not be predicted again."""
        grid = self.plan.grid
        windows = grid.survey() or (_whole(grid),)
        needed = sorted({number for window in windows for number in grid.touching(window)})
        seen: dict[int, Maps] = {}
        for number, maps in self.workers.run([self._tile(number) for number in needed]):
            seen[needed[number]] = maps
            yield Progress(len(seen), len(needed), "looking at the whole")
        parts = [_blended(grid, seen, grid.touching(window), window) for window in windows]
        self._tiles = {number: delayed(_Kept(maps), traverse=False) for number, maps in seen.items()}
        return get_family(self._family).traits(parts, self.params)

    def _tile(self, number: int) -> Any:
        if number not in self._tiles:
            predict = delayed(_predict, pure=False, traverse=False)
            window = self.plan.grid.windows[number]
            self._tiles[number] = predict(
                self._model, self._scene, self._family, window, dask_key_name=self._name("tile", number)
            )
        return self._tiles[number]

    def _block(self, number: int, traits: MapTraits) -> Any:
        numbers = self.plan.grid.touching(self.plan.around(self.plan.blocks[number]))
        tiles = [self._tile(one) for one in numbers]
        find = delayed(_find, pure=False, traverse=False)
        fixed = self._plan, self.folder, number, numbers, self._family, self.params, traits
        return find(*fixed, *tiles, dask_key_name=self._name("block", number))

    def _name(self, what: str, number: int) -> str:
        """Return a name that sorts as the image is read: dask goes by names where nothing else decides."""
        return f"{what}-{self._run}-{number:08}"


class _Kept:
    """Maps that are there already; dask would take an array apart to name it."""

    def __init__(self, maps: Maps) -> None:
        self.maps = maps


def _predict(model: Callable[[], Model], scene: Scene, family: str, window: Window) -> Maps:
    """Return the maps of one of the network's tiles."""
    return run(model().network, scene.read(window), get_family(family).activate)


def _find(
    plan: Plan,
    folder: WorkFolder,
    number: int,
    numbers: list[int],
    family: str,
    params: Any,
    traits: MapTraits,
    *tiles: Maps | _Kept,
) -> None:
    """Find the cells of a block from the maps of the tiles around it, and keep them."""
    maps = [one.maps if isinstance(one, _Kept) else one for one in tiles]
    block = plan.blocks[number]
    around = _blended(plan.grid, dict(zip(numbers, maps, strict=True)), numbers, plan.around(block))
    if not np.isfinite(around).all():
        raise SketchcellError(
            "The network's maps hold values that are not finite: its learning went astray. Learn anew, "
            "with a lower learning rate if it happens again."
        )
    folder.put(number, block, *find_cells(plan, block, around, get_family(family), params, traits))


def _blended(grid: TileGrid, maps: dict[int, Maps], numbers: list[int], window: Window) -> Maps:
    return drain(blend(grid, maps.__getitem__, numbers, window))


def _whole(grid: TileGrid) -> Window:
    return slice(0, grid.shape[0]), slice(0, grid.shape[1])


def _about(model: Model, params: Any, plan: Plan, scene: Scene, plane: tuple[int, ...]) -> dict[str, Any]:
    """Return what two runs have in common if one may go on where the other stopped."""
    limits = scene.limits if isinstance(scene, LazyScene) else None
    return {
        "weights": hashlib.sha256(encode_weights(model.network)).hexdigest(),
        "family": model.config.family,
        "params": params_to_dict(params),
        "normalization": asdict(model.config.normalization),
        "limits": None if limits is None else [limits.low.tolist(), limits.high.tolist()],
        "image": scene.digest,
        "plane": list(plane),
        "shape": list(plan.shape),
        "working": list(plan.working),
        "block": plan.block,
        "halo": plan.halo,
    }


def _warnings(plan: Plan, joined: Joined) -> tuple[str, ...]:
    if not joined.cut:
        return ()
    zoom = plan.shape[0] / plan.working[0]
    halo, size = round(plan.halo * zoom), round(joined.largest * zoom)
    return (
        f"{joined.cut:,} cell(s) are larger than the halo of {halo} pixels (at least {size}): where tiles "
        f"meet they may not be what they are in the whole image. Segment again with a halo of {2 * size} "
        "pixels.",
    )
