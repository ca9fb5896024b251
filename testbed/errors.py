"""The one kind of failure that a person is meant to read."""


class TestbedError(Exception):
    """Something that the person at the keyboard can understand and act on, in one sentence."""

    __test__ = False  # pytest would take the name for a test class


class Interrupted(TestbedError):  # noqa: N818  the work was stopped; nothing was wrong
    """The work was asked to stop: by Ctrl-C, or because something beside it failed."""
