# One image for all services in the data centre; compose.yaml says which of them a container is.
FROM python:3.11.14-slim-trixie

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app PIP_NO_CACHE_DIR=1

# Speaks texts for loudspeakers; GPL-3.0, called as a program of its own.
RUN apt-get update && apt-get install --yes --no-install-recommends espeak-ng && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements/cloud.txt requirements/cloud.txt
RUN pip install --require-hashes --only-binary :all: -r requirements/cloud.txt

# The source runs as it lies, so that the templates in firmware-config are found beside it.
COPY edge/ edge/
COPY cloud/ cloud/
COPY provisioning/ provisioning/
COPY firmware-config/ firmware-config/

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin satulayar
USER 10001
CMD ["python", "-m", "cloud.ingest"]
