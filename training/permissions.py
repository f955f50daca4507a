"""The Django permissions with which staff may act on other people's runs and tables. The admin asks for the same."""

VIEW_RUNS = "training.view_trainingrun"
CANCEL_RUNS = "training.cancel_trainingrun"
VIEW_DATASETS = "training.view_dataset"
"""Needed to read rows of a table anywhere: in uploads, test rows, predictions and inline data."""
