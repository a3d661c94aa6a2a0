"""Processor time of the window's thread for an update of the dock's plots: handing over, drawing, painting.

Needs a display; without one: xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/plots.py
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from qtpy.QtWidgets import QApplication

from sketchcell.ui.panels.plot import Plot
from sketchcell.ui.panels.progress_plot import ProgressPlot
from sketchcell.ui.panels.size_plot import SizePlot


def feed_progress(plot: ProgressPlot, random: np.random.Generator) -> None:
    plot.set_losses((random.random(256) + 0.1).tolist(), 5000)
    plot.set_moments([(100 * i, float(random.random()), i == 20) for i in range(1, 51)])


def feed_sizes(plot: SizePlot, random: np.random.Generator) -> None:
    plot.set_areas(random.lognormal(5.5, 0.4, 5000))


def measure(plot: Plot, feed: Callable[[np.random.Generator], None], rounds: int) -> list[tuple[float, ...]]:
    """Return seconds of the processor to hand over, draw and paint, for each round."""
    plot.resize(330, 90)
    plot.show()
    QApplication.processEvents()
    random, seconds = np.random.default_rng(0), []
    for _ in range(rounds):
        times = [time.thread_time()]
        for act in (partial(feed, random), plot._draw, plot.view.grab):
            act()
            times.append(time.thread_time())
        seconds.append(tuple(np.diff(times)))
        QApplication.processEvents()
    return seconds[rounds // 10 :]  # the first ones load fonts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    print(f"{'median ms':<10} {'hand over':>10} {'draw':>8} {'paint':>8} {'together':>9}")
    for name, plot, feed in (
        ("progress", progress := ProgressPlot(), partial(feed_progress, progress)),
        ("sizes", sizes := SizePlot(), partial(feed_sizes, sizes)),
    ):
        medians = 1000 * np.median(measure(plot, feed, arguments.rounds), axis=0)
        print(f"{name:<10} {medians[0]:10.2f} {medians[1]:8.2f} {medians[2]:8.2f} {medians.sum():9.2f}")
    app.quit()


if __name__ == "__main__":
    main()
