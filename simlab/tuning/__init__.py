"""What rules would have fired on a dataset, how well, and which thresholds do better."""
