"""Caches of plans and prepared data, by table and by the fields of the spec that the data depend on."""

from __future__ import annotations

from functools import lru_cache

from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.sources import Source, is_kept
from training.limits import Limits
from training.spec import TrainingSpec
from training.work.tables import load


def get_data(spec: TrainingSpec, source: Source, limits: Limits) -> PreparedData:
    """Return the prepared data of a spec. Raises SpecRefused, UnreadableTable, DatasetNotFound."""
    if not is_kept(source):
        return prepare(get_plan(spec, source, limits))
    return _prepare_cached(build_cache_key(spec), source, limits)


def get_plan(spec: TrainingSpec, source: Source, limits: Limits) -> Plan:
    """Return the plan of a spec. Raises SpecRefused, UnreadableTable, DatasetNotFound."""
    if not is_kept(source):
        return make_plan(load(source), spec, limits)
    return _plan_cached(build_cache_key(spec), source, limits)


def build_cache_key(spec: TrainingSpec) -> str:
    """Return the fields of a spec that the data depend on, as a cache key.

    Other fields, such as the layers, can change without preparing the data again.
    """
    fields = {"target", "features", "column_types", "problem_type", "test_size", "shuffle", "seed"}
    fields |= {"split", "weight", "threshold"}
    return spec.model_dump_json(include=fields)


@lru_cache(maxsize=8)
def _prepare_cached(fields: str, source: Source, limits: Limits) -> PreparedData:
    return prepare(_plan_cached(fields, source, limits))


@lru_cache(maxsize=16)
def _plan_cached(fields: str, source: Source, limits: Limits) -> Plan:
    return make_plan(load(source), TrainingSpec.model_validate_json(fields), limits)
