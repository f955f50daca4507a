"""The fast trainer: small networks with gradients written out, compiled once by numba for networks of every size.

`choice` says what it takes, `loop` is what `fit_network` drives; all other modules here are compiled, and load numba.
"""
