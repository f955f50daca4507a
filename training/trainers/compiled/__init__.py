"""The compiled trainer: explicit gradients of small networks, compiled by numba once for all layer sizes.

`choice` decides which networks it trains. `fit_network` drives `loop`. The other modules are compiled and load numba,
except `operations` and `code_cache`.
"""
