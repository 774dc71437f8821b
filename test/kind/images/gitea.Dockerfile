# Gitea with the files that it reads at run time, and git.
ARG BASE=node:24-bookworm-slim
FROM ${BASE}
RUN if ! command -v git; then \
      apt-get update && apt-get install -y --no-install-recommends git ca-certificates && rm -rf /var/lib/apt/lists/*; \
    fi
RUN useradd --uid 1001 --create-home --shell /bin/sh git
COPY gitea /usr/local/bin/gitea
COPY options/ /usr/local/share/gitea/options/
COPY templates/ /usr/local/share/gitea/templates/
COPY public/ /usr/local/share/gitea/public/
USER 1001:1001
CMD ["gitea", "web"]
