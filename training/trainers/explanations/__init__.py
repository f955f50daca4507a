"""Explain a prediction: how much each column contributes to it. Loaded by workers that answer."""
