# syntax=docker/dockerfile:1

FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/gongkai \
    && /opt/gongkai/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE gongkai.py ./
COPY analyzers ./analyzers
COPY indexer ./indexer
COPY crawlers ./crawlers
COPY search_api ./search_api
COPY samples ./samples
RUN /opt/gongkai/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --shell /usr/sbin/nologin gongkai \
    && install -d -o gongkai -g gongkai /data
COPY --from=build /opt/gongkai /opt/gongkai
ENV PATH=/opt/gongkai/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GONGKAI_DATA_DIR=/data
USER gongkai
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gongkai", "serve", "--host", "0.0.0.0", "--port", "8000"]
