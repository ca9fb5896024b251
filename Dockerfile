# One image for the hub, the cluster role and istiod's agent. It needs no shell, writes to volumes
# alone, and runs as whatever user a pod names: beside istiod as 1337.
# BASE may be any Linux image that has Python 3.11 or newer with venv and pip.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
COPY requirements-uv.txt ./
RUN python3 -m venv /uv && \
    /uv/bin/pip install --disable-pip-version-check --require-hashes --requirement requirements-uv.txt
# What runs, and what builds our wheel: each has its hash in uv.lock, and nothing else is fetched.
ENV UV_LINK_MODE=copy UV_SYSTEM_CERTS=true
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN UV_PROJECT_ENVIRONMENT=/opt/roottrust /uv/bin/uv sync --locked --no-default-groups --no-install-project && \
    UV_PROJECT_ENVIRONMENT=/build /uv/bin/uv sync --locked --only-group build
COPY operator operator
RUN /build/bin/hatchling build --target wheel --directory /wheel && \
    /uv/bin/uv pip install --python /opt/roottrust --no-deps --no-index /wheel/*.whl
# Of Kubernetes' client only what sends requests is used. Its models and functions, each imported
# when it is asked for by name, are more than everything else together.
RUN cd /opt/roottrust/lib/python3*/site-packages && \
    find kubernetes -path '*/client/api/*.py' ! -name __init__.py -delete && \
    find kubernetes -path '*/client/models/*.py' ! -name __init__.py -delete && \
    find . -type d -name tests -prune -exec rm -r '{}' + && \
    find . -type f '(' -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' ')' -delete && \
    find /opt/roottrust/bin -type f ! -name roottrust -delete
# A root that is read-only keeps nothing that a start compiles. So what our modules import is
# compiled here, and what they use of the standard library, which some bases have as source alone.
# By hash and unchecked: copying a file may round its time.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONPYCACHEPREFIX=/opt/roottrust/bytecode
RUN /opt/roottrust/bin/python -c 'import importlib, pkgutil, sys, roottrust as r; \
      [importlib.import_module(m.name) for m in pkgutil.walk_packages(r.__path__, "roottrust.")]; \
      files = [getattr(m, "__file__", None) or "" for m in sys.modules.values()]; \
      print(*(f for f in files if f.endswith(".py")), sep="\n")' >/imported && \
    /opt/roottrust/bin/python -m compileall -q --invalidation-mode unchecked-hash -i /imported

FROM ${BASE}
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="roottrust" \
      org.opencontainers.image.description="One root of trust for Istio meshes, kept in Vault" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/roottrust /opt/roottrust
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONPYCACHEPREFIX=/opt/roottrust/bytecode \
    PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1
# istiod's own user: the guide's patch names none, and nobody else may read the key.
USER 1337:1337
ENTRYPOINT ["/opt/roottrust/bin/roottrust"]
