# What an expert writes by hand: dependencies alone in their own stage, source last, one small layer per change.
FROM base AS dependencies
COPY --from=uv uv /bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PYTHON=/usr/bin/python3
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    SSL_CERT_FILE=/run/secrets/ca uv sync --locked --no-install-project --no-dev

FROM base
ENV PATH="/app/.venv/bin:$PATH"
WORKDIR /app
COPY --link --from=dependencies /app/.venv /app/.venv
COPY --link . /app
CMD ["python", "-c", "import trigger"]
