"""Build the files of a finished run that its owner can download."""
