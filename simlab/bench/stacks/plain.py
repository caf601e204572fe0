"""The strategy to the letter: the standard library's handler, `prometheus_client`'s metrics."""

from simlab.bench.stacks.default import Default


class Plain(Default):
    """What the ratios are to."""

    telemetry = "plain"
