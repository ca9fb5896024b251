"""The access to a registered cluster, made in memory from what its Secret says."""

from __future__ import annotations

from kubernetes.aio.client import Configuration
from pydantic import SecretStr

from roottrust.domain.kubeconfig import ClusterAccess
from roottrust.kube.access import KubeAccess


def build_access(cluster: ClusterAccess) -> KubeAccess:
    """Return the access; no file is written, none is read, and no environment looked at."""
    configuration = Configuration(host=cluster.server)
    configuration.ssl_ca_cert = None
    configuration.ca_cert_data = cluster.ca_pem
    configuration.tls_server_name = cluster.tls_server_name
    configuration.verify_ssl = True
    configuration.proxy = None
    access = KubeAccess(configuration=configuration, ca_pem=cluster.ca_pem)
    replace_token(access, cluster.token)
    return access


def replace_token(access: KubeAccess, token: SecretStr) -> None:
    """Have all clients of this access send another token from now on."""
    access.configuration.api_key["BearerToken"] = f"Bearer {token.get_secret_value()}"
