from __future__ import annotations

import asyncio
import gc
import ssl
from asyncio.sslproto import SSLProtocol

import pytest

from roottrust.http.tls_buffer import BUFFER_BYTES, shrink_tls_buffers


@pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")
async def test_connections_opened_afterwards_have_the_smaller_buffer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SSLProtocol, "max_size", SSLProtocol.max_size)
    shrink_tls_buffers()
    loop = asyncio.get_running_loop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    opened = SSLProtocol(loop, asyncio.Protocol(), context, None, server_hostname="c1.example")
    # Python reads into what this hands out: an attribute of another name would change nothing.
    assert len(opened.get_buffer(2**20)) == BUFFER_BYTES
    del opened
    gc.collect()  # it is unclosed, which is no other test's affair
