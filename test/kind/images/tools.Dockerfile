# The test servers (Git host, stand-in for Slack, load generator) with what they call.
ARG BASE=node:24-bookworm-slim
FROM ${BASE}
RUN if ! command -v git || ! test -x /usr/sbin/sshd; then \
      apt-get update && apt-get install -y --no-install-recommends git openssh-server ca-certificates && rm -rf /var/lib/apt/lists/*; \
    fi
RUN useradd --uid 1001 --create-home --shell /bin/sh git && mkdir -p /repositories && chown git:git /repositories
COPY servers/ /servers/
USER 1001:1001
CMD ["node", "/servers/load.ts"]
