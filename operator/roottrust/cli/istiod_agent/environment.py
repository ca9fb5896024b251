"""What the agent's commands have in common: the environment, logs, exit codes."""

from __future__ import annotations

import os

from roottrust.agent.settings import AgentSettings, AgentSettingsError, read_settings
from roottrust.cli.terminal import EXIT_USAGE, fail
from roottrust.runtime.logs import LogForm, configure_logs, log_uncaught

# What a shell reports of a process that SIGTERM has ended.
EXIT_STOPPED = 143

ENVIRONMENT = """\b
Environment (the first four as in the guide's patch of istiod):
  POD_NAME, POD_NAMESPACE      the pod, by fieldRef; required
  SERVICE_ACCOUNT              its ServiceAccount, for messages
  PILOT_CERT_PROVIDER          istiod, as istiod itself has it
  ROOTTRUST_CA_DIR             istiod's CA folder; default /etc/cacerts
  ROOTTRUST_VAULT_TOKEN_PATH   token for Vault; default
                               /var/run/secrets/roottrust/vault-token if that is
                               mounted, else the pod's token for the API server
  ROOTTRUST_SERVICE_ACCOUNT_DIR  token and ca.crt for the API server; default
                               /var/run/secrets/kubernetes.io/serviceaccount
  ROOTTRUST_ISTIOD_ADDRESS     where istiod serves; default localhost:15012
  ROOTTRUST_AGENT_PORT         HTTP: /startupz /livez /readyz /metrics; default 9443
  ROOTTRUST_LOG_FORMAT         json, or console for people; default console at a
                               terminal, else json
  ROOTTRUST_LOG_LEVEL          DEBUG, INFO (default), WARNING or ERROR
"""


def prepare(log_form: LogForm | None) -> AgentSettings:
    """Read the environment and set logs up; an environment that cannot be used ends the process."""
    try:
        settings = read_settings(os.environ)
    except AgentSettingsError as error:
        fail(error.lines, exit_code=EXIT_USAGE)
    configure_logs(form=log_form or settings.log_form, level=settings.log_level)
    log_uncaught()
    return settings
