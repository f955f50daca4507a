"""Functions from prepared data and a spec to epochs and an outcome. Knows no Django model."""
