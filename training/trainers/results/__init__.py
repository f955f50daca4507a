"""What a trained model says of the test rows: numbers, curves, one sentence, and what it leans on."""
