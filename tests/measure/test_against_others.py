"""Equality with other implementations: stardist and py-ctcmetrics as installed, cellpose as recorded."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from label_pairs import DATA_SET, checksum, pairs
from other_measures import ctc_measures

from sketchcell.measure import THRESHOLDS, compare, evaluate, matching, overlap, pooled_accuracy

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())
PAIRS = pairs()


@pytest.fixture(params=PAIRS)
def named_pair(request):
    return request.param, *PAIRS[request.param]


def test_the_records_are_of_these_label_images():
    checksums = {name: values["checksum"] for name, values in RECORDED["pairs"].items()}
    assert checksums == {name: checksum(*pair) for name, pair in PAIRS.items()}
    assert tuple(RECORDED["thresholds"]) == THRESHOLDS


def test_counts_equal_to_cellpose(named_pair):
    name, truth, predicted = named_pair
    theirs = RECORDED["pairs"][name]["cellpose"]
    accuracy = evaluate(truth, predicted)
    for index, threshold in enumerate(THRESHOLDS):
        ours = matching(truth, predicted, threshold)
        assert [ours.tp, ours.fp, ours.fn] == [theirs[count][index] for count in ("tp", "fp", "fn")]
        # Where there are no objects at all cellpose has 0 / 0.
        assert accuracy.ap[index] == pytest.approx(theirs["ap"][index] or 0, abs=1e-6)
    if "ious" in theirs:
        assert np.sort(matching(truth, predicted).ious) == pytest.approx(theirs["ious"])


def test_jaccard_equal_to_the_aggregated_index_of_cellpose():
    """Both are the same for one object; else the overlaps and areas behind it must agree."""
    compared = 0
    for name, pair in PAIRS.items():
        table = overlap(*pair)
        rivals = max([0, *np.bincount(table.rows), *np.bincount(table.columns)])
        if "aji" in RECORDED["pairs"][name]["cellpose"] and rivals <= 1:
            union = table.truth_areas.sum() + table.predicted_areas.sum() - table.shared.sum()
            aji = RECORDED["pairs"][name]["cellpose"]["aji"]
            assert table.shared.sum() / union == pytest.approx(aji)
            compared += 1
            if table.truth_areas.size == table.predicted_areas.size == 1:
                assert evaluate(*pair).jaccard == pytest.approx(aji)
    assert compared > 5


def test_seg_and_det_equal_to_ctc(named_pair):
    name, truth, predicted = named_pair
    theirs, ours = RECORDED["pairs"][name]["ctc"], evaluate(truth, predicted)
    if theirs:
        assert ours.seg == pytest.approx(theirs["seg"])
        assert ours.det == pytest.approx(theirs["det"])
        assert ours.op_csb == pytest.approx((theirs["seg"] + theirs["det"]) / 2)


def test_what_ctc_cannot_judge():
    unjudged = {name for name, values in RECORDED["pairs"].items() if values["ctc"] is None}
    empty = {"both empty", "nothing predicted", "nothing there"}
    assert unjudged == empty | {"tiles 0", "tiles 1", "the whole image", "all merged, filled"}
    assert evaluate(*PAIRS["nothing predicted"]).op_csb == 0
    assert math.isnan(evaluate(*PAIRS["nothing there"]).seg)
    assert math.isnan(evaluate(*PAIRS["both empty"]).det)
    # A column of background changes neither measure, and lets the other program judge.
    merged = [np.pad(labels, ((0, 0), (0, 1))) for labels in PAIRS["all merged, filled"]]
    assert evaluate(*merged).det == evaluate(*PAIRS["all merged, filled"]).det == 1 - 15 / 40


def test_installed_ctc(named_pair, tmp_path):
    pytest.importorskip("ctc_metrics")
    name, *pair = named_pair
    assert ctc_measures([pair], tmp_path) == RECORDED["pairs"][name]["ctc"]


def test_a_data_set_is_pooled_as_by_ctc():
    pooled = pooled_accuracy([compare(*PAIRS[name]) for name in DATA_SET])
    assert {"seg": pooled.seg, "det": pooled.det} == pytest.approx(RECORDED["data set"])


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.75])
def test_counts_equal_to_stardist(named_pair, threshold):
    stardist = pytest.importorskip("stardist.matching")
    _, truth, predicted = named_pair
    # A little more than the round number: StarDist compares in single precision.
    theirs = stardist.matching(truth, predicted, thresh=threshold + 1e-6)
    ours = matching(truth, predicted, threshold + 1e-6)
    assert (ours.tp, ours.fp, ours.fn) == (theirs.tp, theirs.fp, theirs.fn)
    assert ours.ious.sum() == pytest.approx(theirs.mean_true_score * theirs.n_true, abs=1e-5)
    assert ours.panoptic_quality == pytest.approx(theirs.panoptic_quality, abs=1e-6)


def test_a_data_set_is_pooled_as_by_stardist():
    stardist = pytest.importorskip("stardist.matching")
    chosen = [PAIRS[name] for name in DATA_SET]
    theirs = stardist.matching_dataset(
        *zip(*chosen, strict=True), thresh=0.5 + 1e-6, show_progress=False, parallel=False
    )
    # No IoU here is exactly one half, where StarDist's single precision would tell.
    ours = pooled_accuracy([compare(*pair) for pair in chosen])
    assert (ours.true_objects, ours.predicted_objects) == (theirs.n_true, theirs.n_pred)
    assert ours.ap50 == pytest.approx(theirs.accuracy)
    assert (ours.precision[0], ours.recall[0]) == pytest.approx((theirs.precision, theirs.recall))
    assert ours.panoptic_quality == pytest.approx(theirs.panoptic_quality, abs=1e-6)
