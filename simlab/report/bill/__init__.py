"""The telemetry bill as people read it: tables, sentences, charts, a page, a text."""
