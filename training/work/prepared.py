"""Plans and prepared data as workers know them: made once for the same table and the same part of a spec."""

from __future__ import annotations

from functools import lru_cache

from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.sources import Source, is_kept
from training.limits import Limits
from training.spec import TrainingSpec
from training.work.tables import load


def get_data(spec: TrainingSpec, source: Source, limits: Limits) -> PreparedData:
    """Raises SpecRefused, UnreadableTable, DatasetNotFound."""
    if not is_kept(source):
        return prepare(get_plan(spec, source, limits))
    return _prepare_cached(only_data(spec), source, limits)


def get_plan(spec: TrainingSpec, source: Source, limits: Limits) -> Plan:
    """Raises SpecRefused, UnreadableTable, DatasetNotFound."""
    if not is_kept(source):
        return make_plan(load(source), spec, limits)
    return _plan_cached(only_data(spec), source, limits)


def only_data(spec: TrainingSpec) -> str:
    """Only what the data depend on, so that editing layers does not prepare them anew; as text, to be a key."""
    fields = {"target", "features", "column_types", "problem_type", "test_size", "shuffle", "seed"}
    fields |= {"split", "weight", "threshold"}
    return spec.model_dump_json(include=fields)


@lru_cache(maxsize=8)
def _prepare_cached(fields: str, source: Source, limits: Limits) -> PreparedData:
    return prepare(_plan_cached(fields, source, limits))


@lru_cache(maxsize=16)
def _plan_cached(fields: str, source: Source, limits: Limits) -> Plan:
    return make_plan(load(source), TrainingSpec.model_validate_json(fields), limits)
