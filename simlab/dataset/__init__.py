"""What is on disk: rows, samples and incidents, written whole or not at all."""
