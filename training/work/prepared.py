"""Caches of plans and prepared data: one for each table and each part of a spec that the data depend on."""

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
    return _prepare_cached(only_data(spec), source, limits)


def get_plan(spec: TrainingSpec, source: Source, limits: Limits) -> Plan:
    """Return the plan of a spec. Raises SpecRefused, UnreadableTable, DatasetNotFound."""
    if not is_kept(source):
        return make_plan(load(source), spec, limits)
    return _plan_cached(only_data(spec), source, limits)


def only_data(spec: TrainingSpec) -> str:
    """Return the part of a spec that the data depend on, as a key of the caches.

    So data are not prepared again when only the layers change.
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
