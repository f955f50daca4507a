"""All messages on `/ws/training/`, one module a topic. The contract is generated from these."""
