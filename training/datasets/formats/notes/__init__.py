"""Notes about the reading of a column: each names the cells, their number, and a way to undo the reading."""
