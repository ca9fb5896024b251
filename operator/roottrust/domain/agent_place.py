"""Where an agent is in its pod unless it is told otherwise: what it and its manifest agree on."""

from __future__ import annotations

CA_FOLDER = "/etc/cacerts"
VAULT_TOKEN_FILE = "/var/run/secrets/roottrust/vault-token"  # noqa: S105 - where one is
PORT = 9443
