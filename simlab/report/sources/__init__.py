"""What a dashboard is drawn from, where that is no dataset: a Prometheus, or one endpoint."""
