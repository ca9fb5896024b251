"""The one kind of failure that whoever runs the demo is meant to read."""


class DemoError(Exception):
    """The demo cannot go on; says why in words that help."""
