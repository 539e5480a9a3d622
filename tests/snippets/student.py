"""A distilled model behind a deployment, which learned two labels."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator_support.standalone import Standalone

PRO, MICRO = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0"


def training_file(buckets: Path) -> None:
    """Writes the file that `student` trains on into the folder of the buckets."""
    (buckets / "training").mkdir()
    (buckets / "training/train.jsonl").write_text("\n".join(json.dumps(line) for line in _lines()))


def student(bedrock: Standalone) -> str:
    """Trains it, deploys it, and returns the ARN of the deployment."""
    control = bedrock.client()
    control.create_model_customization_job(
        jobName="first",
        customModelName="student",
        roleArn="arn:aws:iam::111111111111:role/distillation",
        baseModelIdentifier=f"{MICRO}:128k",
        customizationType="DISTILLATION",
        trainingDataConfig={"s3Uri": "s3://training/train.jsonl"},
        outputDataConfig={"s3Uri": "s3://training/out/"},
        customizationConfig={"distillationConfig": {"teacherModelConfig": {"teacherModelIdentifier": f"us.{PRO}"}}},
    )
    bedrock.admin("PUT", "clock", {"advance": 4 * 3600})
    model = control.get_model_customization_job(jobIdentifier="first")["outputModelArn"]
    made = control.create_custom_model_deployment(modelDeploymentName="live", modelArn=model)
    bedrock.admin("PUT", "clock", {"advance": 3600})
    return str(made["customModelDeploymentArn"])


def _lines() -> Iterator[dict[str, Any]]:
    for number in range(60):
        for text, label in (("where is my card", "card_arrival"), ("give me my money back", "refund")):
            said = [("user", f"message {number}: {text}"), ("assistant", label)]
            messages = [{"role": role, "content": [{"text": what}]} for role, what in said]
            yield {"schemaVersion": "bedrock-conversation-2024", "messages": messages}
