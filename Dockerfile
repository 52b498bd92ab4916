# One image for every process; the command says which (compose.yaml). Rebuild it for fixes of the base.
FROM docker.io/library/python:3.13.18-slim-trixie

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    DATA_DIR=/var/lib/paper-digest

# A volume that is new takes over the owner and the mode of this directory.
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin digest \
    && install --directory --owner digest --group digest --mode 700 /var/lib/paper-digest

WORKDIR /opt/paper-digest
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore \
    --only-binary :all: --require-hashes --requirement requirements.lock
COPY . .

USER digest
VOLUME /var/lib/paper-digest
EXPOSE 8000
CMD ["python", "manage.py", "serve"]
