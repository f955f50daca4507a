"""PyTorch networks: the registry of layers, what is checked before one is built, and the loop that trains it."""
