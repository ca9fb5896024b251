"""A Vault that is sealed for a part of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from testbed import Vault


@contextmanager
def sealed(vault: Vault) -> Iterator[None]:
    vault.seal()
    try:
        yield
    finally:
        vault.unseal()
