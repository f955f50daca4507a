"""Turn a built-in, uploaded, linked or inline table into arrays for a trainer. Imports neither Django nor torch."""
