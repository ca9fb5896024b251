"""Blocks that nothing checks, and why: by page and first line."""

from __future__ import annotations

EXEMPT: dict[tuple[str, str], str] = {}
