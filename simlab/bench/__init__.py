"""The telemetry bill: what each stack costs an event, and what a crash would lose with it."""
