# The operator's image: Node and the bundle, and the git and ssh commands with which it repairs manifests.

# Any Debian with Node 24 in it.
ARG BASE=node:24-bookworm-slim
# "build" bundles in the container (needs the npm registry); "prebuilt" takes dist/ as `npm run build` left it.
ARG BUNDLE=build

FROM ${BASE} AS bundle-build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm install --no-save --ignore-scripts --no-audit --no-fund
COPY scripts/ scripts/
COPY src/ src/
RUN node scripts/build.ts

FROM scratch AS bundle-prebuilt
COPY dist/ /src/dist/

FROM bundle-${BUNDLE} AS bundle

FROM ${BASE}
RUN if ! command -v git || ! command -v ssh; then \
      apt-get update && \
      apt-get install -y --no-install-recommends git openssh-client ca-certificates && \
      rm -rf /var/lib/apt/lists/*; \
    fi
# ssh refuses to run for a user without an entry; /tmp is the one place that is writable.
RUN useradd --uid 65532 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin siskin
COPY --from=bundle /src/dist/ /app/dist/
ENV NODE_ENV=production HOME=/tmp
WORKDIR /app
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node", "--enable-source-maps", "dist/main.js"]
