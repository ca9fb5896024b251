"""What an agent is told by the environment of its pod; nothing is a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from roottrust.agent.api_access import ApiAccess
from roottrust.domain.agent_place import CA_FOLDER, PORT, VAULT_TOKEN_FILE
from roottrust.domain.names import build_istiod_host, is_dns_label, is_object_name

API_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
ISTIOD_ADDRESS = "localhost:15012"

_PORTS = range(1, 65536)
_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+)):(?P<port>\d{1,5})"
)
_SERVICE_LINK = re.compile("(tcp|udp|sctp)://")
_FORMS = ("json", "console")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class AgentSettingsError(Exception):
    """The environment cannot be used; each of `lines` names a variable and what it must be."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, kw_only=True)
class Address:
    """A host and a port."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class AgentSettings:
    """Everything an agent is told; `vault_token_file` is None for the default."""

    pod: str
    namespace: str
    service_account: str
    ca_folder: Path
    vault_token_file: Path | None
    api: ApiAccess
    istiod: Address
    port: int
    log_form: Literal["json", "console"] | None
    log_level: str

    @property
    def istiod_name(self) -> str:
        """The name in istiod's own TLS certificate."""
        return build_istiod_host(self.namespace)

    def find_vault_token(self) -> Path:
        """Return where the token for Vault is: the projected one if it is mounted."""
        if self.vault_token_file is not None:
            return self.vault_token_file
        projected = Path(VAULT_TOKEN_FILE)
        return projected if projected.exists() else self.api.token_file


def read_settings(environment: Mapping[str, str]) -> AgentSettings:
    """Return what the environment says; raises AgentSettingsError with every fault in it."""
    return _Reader(environment).read()


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._faults: list[str] = []

    def read(self) -> AgentSettings:
        folder = Path(self._get("ROOTTRUST_SERVICE_ACCOUNT_DIR", API_FOLDER))
        settings = AgentSettings(
            pod=self._read_name("POD_NAME", "metadata.name", is_object_name),
            namespace=self._read_name("POD_NAMESPACE", "metadata.namespace", is_dns_label),
            service_account=self._get("SERVICE_ACCOUNT", ""),
            ca_folder=self._read_path("ROOTTRUST_CA_DIR", CA_FOLDER),
            vault_token_file=self._find_path("ROOTTRUST_VAULT_TOKEN_PATH"),
            api=ApiAccess(
                server=self._read_server(),
                token_file=folder / "token",
                ca_file=folder / "ca.crt",
            ),
            istiod=self._read_address("ROOTTRUST_ISTIOD_ADDRESS", ISTIOD_ADDRESS),
            port=self._read_port("ROOTTRUST_AGENT_PORT", str(PORT)),
            log_form=self._choose_form(),
            log_level=self._choose("ROOTTRUST_LOG_LEVEL", _LEVELS, default="INFO"),
        )
        provider = self._get("PILOT_CERT_PROVIDER", "istiod")
        if provider != "istiod":
            self._refuse(
                "PILOT_CERT_PROVIDER", f"must be istiod, or istiod does not use this CA: {provider}"
            )
        if self._faults:
            raise AgentSettingsError(tuple(self._faults))
        return settings

    def _get(self, variable: str, default: str) -> str:
        text = self._environment.get(variable) or default
        # A Service named roottrust-agent makes the kubelet set such a ROOTTRUST_AGENT_PORT.
        return default if _SERVICE_LINK.match(text) else text

    def _refuse(self, variable: str, why: str) -> None:
        self._faults.append(f"{variable}: {why}")

    def _read_name(self, variable: str, field: str, is_valid: Callable[[str], bool]) -> str:
        name = self._get(variable, "")
        if not name:
            self._refuse(variable, f"is required: set it by fieldRef from {field}")
        elif not is_valid(name):
            self._refuse(variable, f"{name!r} is no name in Kubernetes")
        return name

    def _find_path(self, variable: str) -> Path | None:
        text = self._get(variable, "")
        return self._read_path(variable, text) if text else None

    def _read_path(self, variable: str, default: str) -> Path:
        path = Path(self._get(variable, default))
        if not path.is_absolute():
            self._refuse(variable, f"{str(path)!r} is not absolute: begin it with a slash")
        return path

    def _read_server(self) -> str:
        """Return the API server's URL, as the kubelet tells it to every container."""
        host, port = (
            self._get("KUBERNETES_SERVICE_HOST", ""),
            self._get("KUBERNETES_SERVICE_PORT", "443"),
        )
        if not host:
            self._refuse(
                "KUBERNETES_SERVICE_HOST",
                "is not set: an agent runs beside istiod in a pod, where the kubelet sets it",
            )
        return f"https://{f'[{host}]' if ':' in host else host}:{port}"

    def _read_address(self, variable: str, default: str) -> Address:
        text = self._get(variable, default)
        found = _ADDRESS.fullmatch(text)
        if found is None or int(found["port"]) not in _PORTS:
            self._refuse(variable, f"{text!r} must be HOST:PORT, such as {default}")
            return Address(host="", port=0)
        return Address(host=found["six"] or found["name"], port=int(found["port"]))

    def _read_port(self, variable: str, default: str) -> int:
        text = self._get(variable, default)
        if not (text.isascii() and text.isdigit() and int(text) in _PORTS):
            self._refuse(variable, f"{text!r} must be a port from 1 to 65535")
            return 0
        return int(text)

    def _choose_form(self) -> Literal["json", "console"] | None:
        """Return none where it is not set: then it follows from where the log goes."""
        if not self._get("ROOTTRUST_LOG_FORMAT", ""):
            return None
        form = self._choose("ROOTTRUST_LOG_FORMAT", _FORMS, default="json")
        return "console" if form == "console" else "json"

    def _choose(self, variable: str, words: tuple[str, ...], *, default: str) -> str:
        text = self._get(variable, default)
        if text not in words:
            self._refuse(variable, f"{text!r} must be one of {', '.join(words)}")
        return text
