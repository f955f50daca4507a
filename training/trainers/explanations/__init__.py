"""Why a model says what it says of one row: how much each column adds to its answer. Loaded by workers that answer."""
