# One image for gateway and pow-worker: the same code, another command.
# Two stages build, the last one only receives; test/deploy/check.mjs runs these very steps without Docker.

# What runs in production, from the lock file. A stage of its own: it is built again only when the lock file changes.
FROM node:20-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages are the test chain (a whole conflux-rust node): never in production.
RUN npm ci --omit=dev --omit=optional

FROM node:20-bookworm-slim AS builder
WORKDIR /app
# For the addons. The same Debian as below, so that they find their libstdc++ there.
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
# node-gyp takes Node's headers from the image instead of downloading them.
ENV npm_config_nodedir=/usr/local npm_config_omit=optional
COPY . .
# npm ci from the lock file, the addons, then TypeScript: what a clone does. It goes on without a compiler; the COPY of
# the addons below does not, so no image is slow by accident.
RUN npm run build

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# All of it belongs to root: the user below can read the program but not change it.
COPY --from=packages /app/node_modules node_modules
COPY --from=builder /app/dist dist
COPY --from=builder /app/libs/octopus/native/build/Release/octopus.node libs/octopus/native/build/Release/octopus.node
COPY --from=builder /app/libs/fan-out/native/build/Release/fan-out.node libs/fan-out/native/build/Release/fan-out.node
# "type" and "imports" in it are needed at run time.
COPY package.json ./
# `node` of the base image, as a number so that orchestrators can see that it is not root.
USER 1000:1000
EXPOSE 32525
# Alive, not ready: a node that is catching up is no reason to restart the bridge. A pow-worker needs another check.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["node", "-e", "fetch(`http://${process.env.HTTP_LISTEN || '127.0.0.1:8525'}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: SIGTERM reaches Node itself. The pow-worker is: node dist/apps/pow-worker/src/main.js
CMD ["node", "dist/apps/stratum-gateway/src/main.js"]
