"""How the other implementations are asked: cellpose.metrics and py-ctcmetrics."""

from pathlib import Path

import numpy as np
import tifffile


def _consecutive(labels):
    """Cellpose wants ids from 1 without gaps."""
    ids, places = np.unique(labels, return_inverse=True)
    return places.reshape(labels.shape) + int(ids[0] != 0)


def cellpose_measures(truth, predicted, thresholds):
    """Counts and AP at every threshold, sorted IoUs of the pairs at 0.5, aggregated Jaccard index."""
    from cellpose import metrics

    true, pred = _consecutive(truth), _consecutive(predicted)
    # 0 / 0 where there are no objects or no background at all
    with np.errstate(invalid="ignore"):
        ap, tp, fp, fn = metrics.average_precision(true, pred, list(thresholds))
        both = true.any() and pred.any()
        ious = metrics.mask_ious(true, pred)[0] if both else None
        aji = metrics.aggregated_jaccard_index([true], [pred])[0] if both else None
    found = {"tp": tp, "fp": fp, "fn": fn}
    measures = {name: [int(value) for value in values] for name, values in found.items()}
    measures["ap"] = [None if np.isnan(value) else round(float(value), 6) for value in ap]
    if both:
        measures["ious"] = [round(float(iou), 9) for iou in sorted(ious[ious >= 0.5])]
        measures["aji"] = round(float(aji), 9)
    return measures


def ctc_measures(pairs, folder):
    """SEG and DET of a sequence of pairs; None where py-ctcmetrics cannot judge.

    It takes the smallest label of an image for the background, whatever it is, divides by zero where there is
    no true object, and stumbles over results without any object.
    """
    from ctc_metrics.metrics import det, seg
    from ctc_metrics.utils.representations import count_acyclic_graph_correction_operations, match

    if not all((labels == 0).any() for pair in pairs for labels in pair):
        return None
    if not all(any(labels.any() for labels in side) for side in zip(*pairs, strict=True)):
        return None
    matches = []
    for index, pair in enumerate(pairs):
        paths = [str(Path(folder) / f"{name}{index}.tif") for name in ("truth", "predicted")]
        for path, labels in zip(paths, pair, strict=True):
            tifffile.imwrite(path, labels, photometric="minisblack")
        matches.append(match(*paths))
    true, pred, mapped_true, mapped_pred, ious = map(list, zip(*matches, strict=True))
    operations = count_acyclic_graph_correction_operations(None, None, true, pred, mapped_true, mapped_pred)
    return {"seg": round(seg(true, ious), 9), "det": round(det(**operations), 9)}
