"""The domain of sweeps and comparisons: paths into specs, combinations of values, differences of specs."""
