# Argo CD's one binary under the names of its parts, with the git and Redis that they call.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN if ! command -v git || ! command -v redis-server; then \
      apt-get update && apt-get install -y --no-install-recommends git redis-server ca-certificates && rm -rf /var/lib/apt/lists/*; \
    fi
COPY argocd /usr/local/bin/argocd
RUN for part in repo-server application-controller git-ask-pass; do ln -s argocd /usr/local/bin/argocd-$part; done && \
    useradd --uid 1001 --create-home argocd
USER 1001:1001
