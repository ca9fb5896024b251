"""Smaller read buffers of TLS connections: a hub holds some for each of a thousand clusters.

asyncio gives each one 256 KiB and has no setting for it; a TLS record, which is what one read
brings, is 16 KiB at most.
"""

from __future__ import annotations

from asyncio.sslproto import SSLProtocol

BUFFER_BYTES = 32 * 1024


def shrink_tls_buffers() -> None:
    """Have every TLS connection that is opened from now on take less memory."""
    SSLProtocol.max_size = BUFFER_BYTES
