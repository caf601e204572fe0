"""The orchestrator's side: alert events of a bot's log, each delivered at least once.

`simlab.watch.watch.watch` delivers to receivers, `simlab.watch.follow.follow` gives them to a loop.
"""
