"""`simlab top`: what a bot does now, in a terminal.

A source (`endpoint`, `logged`) tells readings and changes of alerts; a `board` keeps what is
needed of them and says how things stand; `screen` lays that out, and `live` shows it until `q`.
"""
