"""The files that a finished run gives its owner to take home."""
