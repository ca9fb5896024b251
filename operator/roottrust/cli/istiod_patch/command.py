"""`roottrust istiod-patch`: rendered manifests in, the same with the agent beside istiod out."""

from __future__ import annotations

import sys

import click

from roottrust.cli.cluster_name import check_cluster_name
from roottrust.cli.istiod_patch.patched_text import patch_text
from roottrust.cli.istiod_patch.yaml_stream import YamlError
from roottrust.cli.terminal import fail, tell
from roottrust.domain.errors import RootTrustError
from roottrust.domain.istiod_patch import IstiodPatch, PatchRequest
from roottrust.domain.istiod_patch_pod import AgentForm
from roottrust.domain.names import build_audience
from roottrust.version import read_version

_IMAGE = f"roottrust:{read_version()}"

_HELP = """Put the agent beside istiod: rendered manifests on stdin, the same with it on stdout.

Every Deployment with the label app=istiod gets it, of whatever revision: istiod's CA then is in
memory only, where the agent brings it from Vault. The rights that the agent needs are appended. All
other documents are passed on byte by byte, and an istiod that has the agent already is too.

\b
A pipe:
  helm template istiod istio/istiod -n istio-system |
    roottrust istiod-patch --cluster cluster1 | kubectl apply --server-side -f -

\b
Helm 4, by the plugin that is in deploy/istiod/helm-plugin:
  helm plugin install deploy/istiod/helm-plugin
  helm upgrade --install istiod istio/istiod -n istio-system \\
    --post-renderer roottrust --post-renderer-args=--cluster=cluster1

\b
Helm 3:
  helm upgrade --install istiod istio/istiod -n istio-system \\
    --post-renderer roottrust --post-renderer-args istiod-patch \\
    --post-renderer-args=--cluster=cluster1

\b
kustomize needs no program: deploy/istiod is a component.

\b
Refused, with nothing on stdout:
  an istiod whose CA comes from somewhere else (a changed volume cacerts, ROOT_CA_DIR, istio-csr)
  a Secret cacerts or istiod-tls among the documents
  documents without any istiod, unless --allow-none

Exit codes: 0 patched, 1 refused or failed, 2 wrong usage.
"""


@click.command("istiod-patch", help=_HELP)
@click.option(
    "--cluster",
    metavar="NAME",
    help="The cluster's name as the operator knows it: the audience of the agent's token is "
    "vault-NAME.",
)
@click.option(
    "--audience",
    metavar="TEXT",
    help="That audience itself, where the policy's workloadAuth.audience names one.",
)
@click.option(
    "--login",
    type=click.Choice(["jwt", "kubernetes"]),
    default="jwt",
    show_default=True,
    help="The policy's workloadAuth.method. kubernetes without --audience: the agent logs in with "
    "the pod's own API token.",
)
@click.option("--image", default=_IMAGE, show_default=True, help="The agent's image.")
@click.option(
    "--native-sidecar",
    is_flag=True,
    help="One container that istiod waits for, instead of an init container and a container. "
    "Needs Kubernetes 1.29: an older one would wait for ever.",
)
@click.option("--no-rbac", is_flag=True, help="Append no Role and RoleBinding for the agent.")
@click.option(
    "-n",
    "--namespace",
    envvar="HELM_NAMESPACE",
    help="Namespace of documents that name none. Default: $HELM_NAMESPACE.",
)
@click.option(
    "--allow-none",
    is_flag=True,
    help="Pass documents without an istiod on, for one post-renderer of many charts.",
)
def command(
    cluster: str | None,
    audience: str | None,
    login: str,
    image: str,
    native_sidecar: bool,  # noqa: FBT001 - the signature of click
    no_rbac: bool,  # noqa: FBT001 - the signature of click
    namespace: str | None,
    allow_none: bool,  # noqa: FBT001 - the signature of click
) -> None:
    """Patch what is on stdin."""
    form = AgentForm(
        image=image,
        audience=_find_audience(cluster=cluster, audience=audience, login=login),
        is_native_sidecar=native_sidecar,
    )
    request = PatchRequest(form=form, namespace=namespace or None, brings_rbac=not no_rbac)
    given, text, patch = _patch_stdin(request)
    if patch.faults:
        fail(patch.faults)
    if not patch.istiods and not allow_none:
        fail([_explain_none(given)])
    for note in patch.notes:
        tell(note)
    sys.stdout.buffer.write(text.encode())


def _patch_stdin(request: PatchRequest) -> tuple[str, str, IstiodPatch]:
    """Return what was given, what becomes of it, and how."""
    try:
        given = sys.stdin.buffer.read().decode()  # bytes: the ends of lines stay as they are
        return given, *patch_text(given, request)
    except UnicodeDecodeError:
        fail(["stdin is not UTF-8."])
    except YamlError as error:
        fail([f"stdin: {error}."])


def _find_audience(*, cluster: str | None, audience: str | None, login: str) -> str | None:
    if cluster is not None and audience is not None:
        raise click.UsageError("Give --cluster or --audience, not both.")
    if cluster is not None:
        _check_cluster(cluster)
    if login == "kubernetes":
        return audience
    if cluster is None and not audience:
        raise click.UsageError(
            "Give --cluster NAME: the agent's token is for that cluster's audience in Vault (or "
            "--login kubernetes, where the policy's workloadAuth has that method)."
        )
    return audience or build_audience(cluster or "")


def _check_cluster(name: str) -> None:
    try:
        check_cluster_name(name)
    except RootTrustError as error:
        raise click.UsageError(f"--cluster: {error.message}") from None


def _explain_none(given: str) -> str:
    if not given.strip():
        return "Stdin is empty: pipe rendered manifests in."
    return (
        "No Deployment with the label app=istiod is among the documents (Lists are not looked "
        "into): pipe in what istiod's chart renders, or give --allow-none."
    )
