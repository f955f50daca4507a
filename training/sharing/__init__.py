"""Links by which anybody may look at one run, and no more. Called by consumers, views and admin."""
