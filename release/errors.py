"""What stops a release, in a sentence for whoever makes it."""


class ReleaseError(Exception):
    """Something that has to be put right first."""
