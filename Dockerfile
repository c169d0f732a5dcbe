FROM python:3.13-slim AS builder
# pip works from outside, so that none is left inside
RUN python -m venv --without-pip /opt/venv
COPY requirements/run.txt /opt/
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes -r /opt/run.txt
COPY app /srv/app
# Compiled here: the container can't write it down, and would compile at every start
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /srv/app

FROM python:3.13-slim
LABEL org.opencontainers.image.title="dropout-api" \
      org.opencontainers.image.description="Dropout, exactly, over HTTP" \
      org.opencontainers.image.licenses="MIT"
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /srv /srv
WORKDIR /srv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DROPOUT_HOST=0.0.0.0 \
    DROPOUT_PORT=8000
EXPOSE 8000
# By number, which Kubernetes' runAsNonRoot can check
USER 10001:10001
# http.client, because urllib would ask a proxy where one is set
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", "\
import http.client, os, sys; \
ready = http.client.HTTPConnection('127.0.0.1:' + os.environ['DROPOUT_PORT'], timeout=2); \
ready.request('GET', '/health/ready'); \
sys.exit(ready.getresponse().status != 200)"]
CMD ["python", "-m", "app"]
