"""Tables and bytes that Hypothesis generates: each trains, or is refused with a code and a remedy."""
