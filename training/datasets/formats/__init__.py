"""How the text cells of a column are read: one module a kind of cell. `detect` finds the format of a column."""
