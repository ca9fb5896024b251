"""What a test has measured, told to whoever runs it."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str], None]
