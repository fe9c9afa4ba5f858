# One process, one volume. Sources run as TypeScript, so nothing is built; both native packages ship their binaries.
FROM node:24-slim

ENV NODE_ENV=production MAILSTEAD_DATA=/data
WORKDIR /app

COPY package.json package-lock.json ./
COPY packages packages
COPY apps apps
COPY migrations migrations
# --ignore-scripts: the image brings its own Node 24, so the pinned one need not be set up a second time.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force \
    && ln -s /app/apps/admin/bin/mailstead.mjs /usr/local/bin/mailstead \
    && mkdir /data && chown node:node /data

USER node
VOLUME /data
EXPOSE 25 465 587 143 993 110 995
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["mailstead", "status"]

ENTRYPOINT ["mailstead"]
CMD ["serve"]
