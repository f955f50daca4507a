"""Jobs and questions for workers: their types, their construction from rows, and their serialization."""
