"""From a named, uploaded or inline table to arrays that a trainer takes. Knows no Django and no torch."""
