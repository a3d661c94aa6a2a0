"""Train the network that every model starts from: one compact U-Net with a head for each family.

    python scripts/prior/train.py FOLDER [--out src/sketchcell/data/prior] [--minutes 75]

FOLDER holds data sets, `SET/NAME_img.*` beside `SET/NAME_masks.*`; the images named in `held_out.txt` are
left out, to judge by (`benchmarks/prior.py`). A third of what it learns from is drawn
(`sketchcell.synthetic`). It begins with easy images at a high rate, and goes on with all of them at a lower
one. The seed decides all draws; how many steps fit into the time depends on the computer, `--steps` does not.
"""

import argparse
import json
import math
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from material import JOINT, SIDE, item, read_images
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from sketchcell.families import Target
from sketchcell.learning.augment import Augmentation, move
from sketchcell.networks import build_network, pick_device, place

PATCH, BATCH = 128, 8
POOL, AHEAD = 320, 24  # crops that patches are cut from; crops that are being made
FIRST_RATE, FIRST = 2e-3, 1000  # until directions are known, after so many steps
RATE, WARM_UP = 5e-4, 100
WEIGHTS = {"flow": 1.0, "distance": 1.0, "sdf": 1.0, "multiclass": 1.0}


def _start(folder, held_out):
    global _IMAGES
    os.nice(5)
    torch.set_num_threads(1)
    _IMAGES = [image for image in read_images(folder) if image.name not in held_out]


def _make(seed, number):
    image, planes = item(_IMAGES, seed, number)
    return image.astype(np.float16), planes.astype(np.float16)


def crops(folder, held_out, seed, workers, number):
    """Yield crops without end, in an order that does not depend on how fast they are made."""
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(folder, held_out)) as makers:
        make = partial(makers.submit, _make, seed)
        queue = [make(number + ahead) for ahead in range(AHEAD)]
        number += AHEAD
        try:
            while True:
                yield queue.pop(0).result()
                queue.append(make(number))
                number += 1
        finally:
            makers.shutdown(cancel_futures=True)


def draw(pool, random, names):
    """Return a batch of patches cut from random crops."""
    images, planes = [], []
    for _ in range(BATCH):
        image, target = pool[int(random.integers(len(pool)))]
        top, left = random.integers(0, SIDE - PATCH + 1, 2)
        here = np.s_[:, top : top + PATCH, left : left + PATCH]
        images.append(torch.from_numpy(image[here].astype(np.float32)))
        planes.append(torch.from_numpy(target[here].astype(np.float32)))
    return torch.stack(images), Target(names, torch.stack(planes))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("src/sketchcell/data/prior"))
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--steps", type=int, help="instead of minutes")
    parser.add_argument(
        "--resume", type=Path, help="folder of weights to go on from; the optimiser begins anew"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    device = pick_device(arguments.device)
    held_out = set(Path(__file__).with_name("held_out.txt").read_text().split("\n"))
    maps = sum(rows.stop - rows.start for rows in JOINT.rows().values())
    network = place(build_network("compact", 3, maps, JOINT.learned), device).train()
    first = 0
    if arguments.resume:
        weights = load_file(arguments.resume / "weights.safetensors")
        network.load_state_dict({name: value.float() for name, value in weights.items()})
        first = json.loads((arguments.resume / "prior.json").read_text())["steps"]
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.99))
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-2, foreach=True)
    random = np.random.default_rng(arguments.seed)
    chances = torch.Generator().manual_seed(arguments.seed)
    moved = Augmentation(rotated=0.5)
    names = JOINT.encode(_nothing()).names
    source = crops(arguments.folder, held_out, arguments.seed, arguments.workers, first)
    pool = [next(source) for _ in range(POOL // 4)]
    begin, step, shown = time.monotonic(), first, {}
    while True:
        spent = time.monotonic() - begin
        done = step / arguments.steps if arguments.steps else spent / 60 / arguments.minutes
        if done >= 1:
            break
        rate = FIRST_RATE if step < FIRST else RATE * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
        rate *= min(1, (step - first + 1) / WARM_UP)
        for group in optimizer.param_groups:
            group["lr"] = rate
        pool.append(next(source))
        del pool[:-POOL]
        images, target = move(*draw(pool, random, names), chances, moved)
        gain = torch.exp(torch.randn(BATCH, 1, 1, 1, generator=chances) * 0.15)
        shift = torch.randn(BATCH, 1, 1, 1, generator=chances) * 0.05
        images = (images * gain + shift).to(device).contiguous(memory_format=torch.channels_last)
        outputs = network(images)  # not in bfloat16, whose noise is larger than what is left to learn
        target = Target(names, target.data.to(device))
        losses = JOINT.losses(outputs, target, dict(network.learned.items()))
        loss = torch.stack([WEIGHTS[name] * value for name, value in losses.items()]).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update_parameters(network)
        step += 1
        for name, value in losses.items():
            shown[name] = 0.99 * shown.get(name, float(value.detach())) + 0.01 * float(value.detach())
        if step % 100 == 0:
            print(
                f"{step} steps, {spent / 60:.1f} min, " + ", ".join(f"{n} {v:.3f}" for n, v in shown.items()),
                flush=True,
            )
        if step % 500 == 0:
            save(average.module, arguments.out, step, arguments)
    source.close()
    save(average.module, arguments.out, step, arguments)


def save(network, folder, step, arguments):
    """Write the weights at half precision, and how they came to be."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().half().contiguous() for name, value in network.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    rows = {name: [own.start, own.stop] for name, own in JOINT.rows().items()}
    described = {"network": "compact", "heads": rows, "steps": step, "seed": arguments.seed}
    (folder / "prior.json").write_text(json.dumps(described, indent=2) + "\n")


def _nothing():
    from sketchcell.sketch import Sketch

    return Sketch(np.zeros((8, 8), np.int32))


if __name__ == "__main__":
    main()
