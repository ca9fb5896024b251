# One image for the hub, the cluster role and istiod's agent.
# BASE may be any Linux image that has Python 3.11 or newer with venv and pip.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
RUN python3 -m venv /uv && /uv/bin/pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY operator operator
RUN UV_PROJECT_ENVIRONMENT=/opt/roottrust /uv/bin/uv sync --locked --no-dev --no-editable --no-cache

FROM ${BASE}
COPY --from=build /opt/roottrust /opt/roottrust
USER 65532:65532
ENTRYPOINT ["/opt/roottrust/bin/roottrust"]
