"""The declared shape of a load, and the seeded batches, samples and incidents it becomes."""
