"""Bedrock's limits and patterns for distillation, which boto3 does not check before it sends.

GR is the AWS General Reference page "Amazon Bedrock endpoints and quotas" (autumn 2026); API is the service model in
botocore 1.44.5. None of the quotas here can be raised unless a line says so.
"""

import re

MIN_PROMPTS = 100
"""The least number of prompts of a distillation job. GR."""

MAX_PROMPTS = 15_000
"""The most prompts of a distillation job. Synthesis grows a smaller set up to this many pairs. GR."""

MAX_FILE_BYTES = 2 * 1024**3
"""Size of the input file: GR says 2 Gigabytes, read as GiB."""

MAX_LINE_BYTES = 16 * 1024
"""Length of one line of it: GR says 16 Kilobytes, read as KiB of UTF-8."""

MAX_DEPLOYMENTS = 10
"""Custom model deployments of an account and Region; can be raised (L-1EF80F3E). GR."""

CONCURRENCY, UNRESERVED_CONCURRENCY = 1000, 100
"""Concurrent executions of all functions of an account and Region; can be raised (L-B99A9384), and new accounts have
less. The second is what Lambda reserves for functions without a reservation (Lambda guide,
configuration-concurrency)."""

MAX_SCHEDULED_JOBS = 10
"""Customization jobs in progress, per account and Region. GR."""

SCHEMA_VERSION = "bedrock-conversation-2024"
"""Each line's `schemaVersion`. One page prints `bedrock-conversion-2024`, a misprint. UG distillation-data-prep."""

NAME_MAX = 63
"""Length of every Bedrock name below. API."""

JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*")
"""`jobName`: no underscore. API."""

MODEL_NAME = re.compile(r"([0-9a-zA-Z][_-]?){1,63}")
"""`customModelName`, and the names of deployments and of Provisioned Throughput: no dot, no double hyphen. API."""

TOKEN = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,254}[a-zA-Z0-9])?")
"""`clientRequestToken`, 1-256. API."""

S3_URI = re.compile(r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+(?:/[-!_*'().a-z0-9A-Z]+)*)?/?")
"""Every `s3Uri`, 1-1024: no `=` and no space, so Hive-style prefixes such as `dt=2026-11-01/` are refused. API."""

S3_URI_MAX = 1024
"""Length of an `s3Uri`. API."""

TAG = re.compile(r"[a-zA-Z0-9\s._:/=+@-]*")
"""Tag keys (1-128) and values (0-256) of Bedrock resources. API."""

METADATA_MAX = 256
"""Length of a key or value of Converse's `requestMetadata`; 16 pairs at most. API."""
