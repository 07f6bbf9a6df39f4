# What most repositories have: everything copied, then pip. The base has no pip, so uv brings one.
FROM base
COPY --from=uv uv /bin/
ENV UV_PYTHON_DOWNLOADS=never
WORKDIR /app
RUN --mount=type=secret,id=ca,target=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca uv venv --seed /venv
ENV PATH="/venv/bin:$PATH"
COPY . .
RUN --mount=type=secret,id=ca,target=/run/secrets/ca \
    PIP_CERT=/run/secrets/ca pip install --no-cache-dir -r requirements.txt
CMD ["python", "-c", "import trigger"]
