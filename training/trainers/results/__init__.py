"""Evaluate trained models: metrics, curves, feature importance, diagnoses."""
