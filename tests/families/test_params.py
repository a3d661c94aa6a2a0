"""Parameters from JSON, forms and the command line."""

import json
from dataclasses import FrozenInstanceError, asdict, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketchcell.errors import SketchcellError
from sketchcell.families import FAMILIES, params_from_dict, params_of_stage, params_to_dict


@pytest.fixture(params=[family.Params for family in FAMILIES.values()], ids=FAMILIES.keys())
def params_type(request):
    return request.param


def values_of(field):
    about = field.metadata
    if about["choices"]:
        return st.sampled_from(about["choices"])
    if isinstance(field.default, bool):
        return st.booleans()
    if isinstance(field.default, int):
        return st.integers(int(about["min"]), int(about["max"]))
    return st.floats(about["min"], about["max"])


@pytest.mark.parametrize("name", FAMILIES)
@given(data=st.data())
def test_parameters_survive_json(name, data):
    params_type = FAMILIES[name].Params
    values = {field.name: data.draw(values_of(field)) for field in fields(params_type)}
    params = params_type(**values)
    again = params_from_dict(params_type, json.loads(json.dumps(params_to_dict(params))))
    assert again == params


def test_what_is_not_said_is_the_default(params_type):
    assert params_from_dict(params_type, {}) == params_type()


def test_they_cannot_be_changed_by_accident(params_type):
    with pytest.raises(FrozenInstanceError):
        setattr(params_type(), fields(params_type)[0].name, 1)


def test_each_belongs_to_one_stage(params_type):
    stages = [params_of_stage(params_type, stage) for stage in ("train", "decode")]
    assert {field.name for stage in stages for field in stage} == set(asdict(params_type()))
    assert not {field.name for field in stages[0]} & {field.name for field in stages[1]}


def test_unknown_names_are_refused(params_type):
    with pytest.raises(SketchcellError, match=r"no parameter 'radius'.*choose from"):
        params_from_dict(params_type, {"radius": 3})


@pytest.mark.parametrize("wrong", ["3", None, [1], {}, True, np.nan, np.inf, -np.inf, 1e9, -1e9])
def test_wrong_values_are_refused(params_type, wrong):
    for field in fields(params_type):
        if isinstance(field.default, bool) and isinstance(wrong, bool):
            continue
        with pytest.raises(SketchcellError, match=f"'{field.name}' must"):
            params_from_dict(params_type, {field.name: wrong})


def test_whole_numbers_stay_whole(params_type):
    for field in fields(params_type):
        if isinstance(field.default, (bool, str)):
            continue
        low = int(np.ceil(field.metadata["min"]))
        value = getattr(params_from_dict(params_type, {field.name: low}), field.name)
        assert type(value) is type(field.default)
        if isinstance(field.default, int):
            with pytest.raises(SketchcellError, match="must be of type int"):
                params_from_dict(params_type, {field.name: low + 0.5})
