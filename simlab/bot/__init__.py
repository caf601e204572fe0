"""The batch bot: it takes batches as they fall due, and tells observers what it does."""
