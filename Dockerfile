# The service, on the Node.js of package-lock.json.
FROM node:26.10.0-trixie-slim
WORKDIR /app
COPY .npmrc package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force && rm -rf node_modules/node-linux-* /tmp/*
COPY . .
RUN ln -s /app/src/cli/todos.mjs /usr/local/bin/todos && chmod +x src/cli/todos.mjs
RUN install --directory --owner=1000 --mode=700 /data
ENV HOST=0.0.0.0 PORT=8000 DATABASE_URL=sqlite:/data/todos.sqlite
VOLUME /data
EXPOSE 8000
# The user `node` of the image. Kubernetes can check only a number for `runAsNonRoot`.
USER 1000
HEALTHCHECK --timeout=5s --start-period=10s \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["todos", "start"]
