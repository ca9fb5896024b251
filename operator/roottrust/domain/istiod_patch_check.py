"""Whether the agent can be put beside an istiod: what has it, and whose CA is in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from roottrust.domain.agent_place import CA_FOLDER
from roottrust.domain.container_variable import find_entry
from roottrust.domain.istiod_manifest import IstiodManifest
from roottrust.domain.istiod_patch_pod import AGENT, AGENT_INIT, CA_VOLUME
from roottrust.domain.manifest import Manifest, find_named, read_mapping, read_mappings, read_texts

_CA_SECRET = "cacerts"  # noqa: S105 - the name of a Secret
_SECRETS = {
    _CA_SECRET: "it is a CA of somebody else's. Take it out, and out of the cluster, or leave this "
    "istiod to it.",
    "istiod-tls": "istiod would publish its CA as the mesh's root, instead of Vault's. Take it "
    "out, and out of the cluster.",
}
_OFF = ("false", "0")
_CA_ARGUMENTS = ("--caCertFile=", "--tlsCertFile=", "--tlsKeyFile=")
_OWN_FOLDERS = (CA_FOLDER, f".{CA_FOLDER}", CA_FOLDER.removeprefix("/"))


def list_agent_containers(istiod: IstiodManifest) -> tuple[Manifest, ...]:
    """Return the containers that bear the names of the agent's."""
    both = (*istiod.init_containers, *istiod.containers)
    return tuple(each for each in both if each.get("name") in (AGENT, AGENT_INIT))


def has_agent(istiod: IstiodManifest) -> bool:
    """Tell whether the agent is there and whole, in one of its two forms."""
    if (native := find_named(AGENT, istiod.init_containers)) is not None:
        return native.get("restartPolicy") == "Always"
    return bool(
        find_named(AGENT, istiod.containers) and find_named(AGENT_INIT, istiod.init_containers)
    )


def starts_before_agent(istiod: IstiodManifest) -> bool:
    """Tell whether nothing makes istiod wait for the bundle, so that it may sign itself."""
    native = find_named(AGENT, istiod.init_containers)
    return native is not None and "startupProbe" not in native


def list_obstacles(istiod: IstiodManifest, documents: Iterable[Manifest]) -> tuple[str, ...]:
    """Return why the agent cannot be put beside it, each with what to do."""
    if agent := list_agent_containers(istiod):
        names = " and ".join(str(each["name"]) for each in agent)
        message = f"it has {names} alone of the agent: take that out, and the patch puts it all in."
        return (message,)
    if istiod.discovery is None:
        return ("it has no container discovery: patch what istiod's own chart renders.",)
    return (
        *_list_volume_obstacles(istiod),
        *_list_setting_obstacles(istiod),
        *_list_secret_obstacles(istiod, documents),
    )


def _list_volume_obstacles(istiod: IstiodManifest) -> Iterator[str]:
    volume = find_named(CA_VOLUME, istiod.volumes)
    mounts = read_mappings((istiod.discovery or {}).get("volumeMounts"))
    mount = find_named(CA_VOLUME, mounts)
    if volume is None or mount is None or mount.get("mountPath") != CA_FOLDER:
        yield (
            f"it does not mount a volume {CA_VOLUME} at {CA_FOLDER} as istiod's own chart has it: "
            "patch what that chart renders."
        )
    elif not _is_of_chart(volume):
        sources = ", ".join(sorted(str(key) for key in volume if key != "name")) or "nothing"
        yield (
            f"its volume {CA_VOLUME} is not the chart's (it has {sources}): somebody else brings "
            "istiod's CA. Take that change out, or leave this istiod to it."
        )


def _is_of_chart(volume: Manifest) -> bool:
    """Tell whether it is the Secret that may be absent: what is required is somebody's CA."""
    secret = read_mapping(volume.get("secret"))
    return (
        set(volume) == {"name", "secret"}
        and set(secret) <= {"secretName", "optional", "defaultMode"}
        and secret.get("secretName") == _CA_SECRET
        and str(secret.get("optional")).lower() == "true"
    )


def _list_setting_obstacles(istiod: IstiodManifest) -> Iterator[str]:
    discovery = istiod.discovery or {}
    folder = find_entry(discovery, "ROOT_CA_DIR")
    if folder is not None and folder.get("value") not in _OWN_FOLDERS:
        yield (
            f"its ROOT_CA_DIR is not {CA_FOLDER}: it would not read what the agent writes. "
            "Take that variable out."
        )
    server = find_entry(discovery, "ENABLE_CA_SERVER")
    if server is not None and str(server.get("value")).lower() in _OFF:
        yield (
            "its ENABLE_CA_SERVER is off: another CA signs for this mesh (istio-csr, for example). "
            "Take that out first, or leave this istiod to it."
        )
    arguments = read_texts(discovery.get("args"))
    for argument in _CA_ARGUMENTS:
        if any(each.startswith(argument) and each != argument for each in arguments):
            yield (
                f"its argument {argument.rstrip('=')} overrides the CA that the agent brings: "
                "take it out."
            )


def _list_secret_obstacles(istiod: IstiodManifest, documents: Iterable[Manifest]) -> Iterator[str]:
    near = [each for each in documents if _is_near(each, istiod)]
    for name, consequence in _SECRETS.items():
        for kind in sorted({str(each["kind"]) for each in near if _find_secret(each) == name}):
            form = "" if kind == "Secret" else f" (as {kind})"
            yield f"the Secret {name} is among the documents{form}: {consequence}"


def _find_secret(document: Manifest) -> object:
    """Return the name of the Secret that a document is, or that a controller makes of it."""
    spec = read_mapping(document.get("spec"))
    name = read_mapping(document.get("metadata")).get("name")
    match document.get("kind"):
        case "Secret" | "SealedSecret":
            return name
        case "ExternalSecret":
            return read_mapping(spec.get("target")).get("name") or name
        case "Certificate":
            return spec.get("secretName")
    return None


def _is_near(document: Manifest, istiod: IstiodManifest) -> bool:
    namespace = read_mapping(document.get("metadata")).get("namespace")
    return not namespace or not istiod.namespace or namespace == istiod.namespace
