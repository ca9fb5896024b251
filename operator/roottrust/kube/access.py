"""Where a Kubernetes API server is and how it is reached: kubeconfig or the pod's own account."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from pydantic import SecretStr

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.domain.some_names import list_some


@dataclass(frozen=True, kw_only=True)
class KubeAccess:
    """One API server with our credentials for it, for our client and for kopf alike."""

    configuration: Any = field(repr=False)
    ca_pem: str | None = field(repr=False)

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return str(self.configuration.host)

    async def build_headers(self) -> dict[str, str]:
        """Return the Authorization header of this moment: tokens of pods are replaced hourly."""
        settings = await self.configuration.auth_settings()
        return {setting["key"]: str(setting["value"]) for setting in settings.values()}

    def with_token(self, token: SecretStr) -> KubeAccess:
        """Return the access to the same server of whoever has the token."""
        known = self.configuration
        configuration = Configuration(host=known.host)
        for name in ("verify_ssl", "ssl_ca_cert", "ca_cert_data", "tls_server_name", "proxy"):
            setattr(configuration, name, getattr(known, name))
        configuration.api_key["BearerToken"] = f"Bearer {token.get_secret_value()}"
        return KubeAccess(configuration=configuration, ca_pem=self.ca_pem)

    def build_ssl_context(self) -> ssl.SSLContext:
        """Return the trust and client certificate for this server."""
        configuration = self.configuration
        context = ssl.create_default_context(
            cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data
        )
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
        return context


async def load_access(*, kubeconfig: Path | None = None, context: str | None = None) -> KubeAccess:
    """Return the access of a kubeconfig, or of the pod when there is none.

    `kubeconfig` None means $KUBECONFIG, or else the pod's ServiceAccount. Raises
    DependencyMissingError when neither can be used.
    """
    configuration = Configuration()
    source = _find_kubeconfig(kubeconfig)
    try:
        if source is None:
            load_incluster_config(client_configuration=configuration)
        else:
            _check_context(source, context)
            await load_kube_config(
                config_file=source,
                context=context,
                client_configuration=configuration,
                persist_config=False,
            )
        access = KubeAccess(configuration=configuration, ca_pem=_read_ca(configuration))
        access.build_ssl_context()  # what is no certificate is told here, not by the first request
    except (ConfigException, OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as failure:
        raise _build_unusable(source, failure) from None
    if not configuration.verify_ssl:
        raise DependencyMissingError(
            f"{source} turns off TLS verification: set certificate-authority instead.",
            reason=Reason.API_UNREACHABLE,
        )
    return access


def _find_kubeconfig(kubeconfig: Path | None) -> str | None:
    if kubeconfig is not None:
        return str(kubeconfig)
    return os.environ.get("KUBECONFIG") or None


def _check_context(source: str, context: str | None) -> None:
    """Raise DependencyMissingError for a kubeconfig that is not there, or lacks the context."""
    paths = [Path(each) for each in source.split(os.pathsep) if each]
    if not any(each.exists() for each in paths):
        raise DependencyMissingError(
            f"The kubeconfig {source} does not exist.", reason=Reason.API_UNREACHABLE
        )
    known = tuple(name for each in paths for name in _list_contexts(each))
    if context is not None and known and context not in known:
        raise DependencyMissingError(
            f"The kubeconfig {source} has no context {context}: it has {list_some(known)}.",
            reason=Reason.API_UNREACHABLE,
        )


def _list_contexts(path: Path) -> Iterator[str]:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    contexts = content.get("contexts") if isinstance(content, dict) else None
    for each in contexts if isinstance(contexts, list) else ():
        if isinstance(each, dict) and "name" in each:
            yield str(each["name"])


def _build_unusable(source: str | None, failure: Exception) -> DependencyMissingError:
    """Return the error without the failure's text: parsers quote the file, with its token."""
    if source is None:
        message = (
            "No kubeconfig is given and this is not a pod: set KUBECONFIG, or name one by "
            "--kubeconfig."
        )
    else:
        message = (
            f"The kubeconfig {source} cannot be used ({type(failure).__name__}): see by `kubectl "
            "version` whether kubectl can use it."
        )
    return DependencyMissingError(message, reason=Reason.API_UNREACHABLE)


def _read_ca(configuration: Any) -> str | None:
    path = configuration.ssl_ca_cert
    return Path(path).read_text(encoding="utf-8") if path else None
