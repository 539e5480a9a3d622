"""Creates roles, functions and state machines in a local account, with botocore alone."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import botocore.session

from local.account import LocalAccount
from tests import waiting

REGION = "us-east-1"


class EmulatorHarness:
    """Clients of one account, and resources that tests create with them. Every name is new."""

    def __init__(self, account: LocalAccount) -> None:
        self.account = account
        self._session: Any = (
            botocore.session.get_session()
        )  # a single session: each session reads the service models again

    def client(self, service: str, **options: Any) -> Any:
        """Returns a client as the account's root, or with other credentials or botocore options."""
        given = {"region_name": REGION, **self.account.root, **options}
        return self._session.create_client(service, endpoint_url=self.account.endpoint, **given)

    def admin(self, method: str, path: str, change: Any = None) -> Any:
        """Returns the answer of one of the administrative paths, which AWS does not have."""
        return waiting.admin(self.account, method, path, change)

    def until(self, found: Callable[[], Any]) -> Any:
        """Returns the first true result of `found`. Fails if the account becomes idle without one."""
        return waiting.until(self.account, found)

    def role(self, trusted: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None) -> str:
        """Creates a role that trusts a service, with one policy. Returns its ARN."""
        name = f"role-{uuid.uuid4().hex[:8]}"
        principal = {"AWS": trusted} if trusted.isdigit() else {"Service": trusted}
        allow = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **(trust or {})}
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(allow))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return arn

    def acting(self, service: str, *statements: dict[str, Any], region: str = REGION) -> Any:
        """Returns a client that acts in a new role with these statements."""
        role = self.role(self.account.account, *statements)
        got = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return self.client(
            service,
            region_name=region,
            aws_access_key_id=got["AccessKeyId"],
            aws_secret_access_key=got["SecretAccessKey"],
            aws_session_token=got["SessionToken"],
        )

    def function(self, code: str, *statements: dict[str, Any], logs: bool = True, **options: Any) -> str:
        """Creates a Python function `handler(event, context)`. Returns its ARN. logs: whether its role may
        write logs.
        """
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("index.py", code)
        made: dict[str, Any] = self.client("lambda").create_function(
            FunctionName=f"fn-{uuid.uuid4().hex[:8]}",
            Runtime="python3.13",
            Handler="index.handler",
            Role=self.role("lambda.amazonaws.com", *statements, *(LOGGING if logs else ())),
            Code={"ZipFile": buffer.getvalue()},
            Timeout=10,
            **options,
        )
        return str(made["FunctionArn"])

    def invoke(self, function: str, event: Any = None) -> Any:
        """Returns the function's answer."""
        payload = json.dumps(event or {}).encode()
        return json.loads(self.client("lambda").invoke(FunctionName=function, Payload=payload)["Payload"].read())

    def machine(self, states: dict[str, Any], *statements: dict[str, Any], **options: Any) -> str:
        """Creates a state machine that starts at its first state and may invoke every Lambda function.
        Returns its ARN.
        """
        granted = statements or (allow("lambda:InvokeFunction", "*"),)
        definition = {"StartAt": next(iter(states)), "States": states, **options}
        sfn = self.client("stepfunctions")
        made: dict[str, str] = sfn.create_state_machine(
            name=f"sm-{uuid.uuid4().hex[:8]}",
            definition=json.dumps(definition),
            roleArn=self.role("states.amazonaws.com", *granted),
        )
        return made["stateMachineArn"]

    def start(self, machine: str, **given: Any) -> str:
        """Starts an execution. Returns its ARN."""
        sfn = self.client("stepfunctions")
        return str(sfn.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"])

    def run(self, machine: str, **given: Any) -> dict[str, Any]:
        """Starts an execution and waits for its end. Returns its description."""
        arn, sfn = self.start(machine, **given), self.client("stepfunctions")
        done: dict[str, Any] = self.until(lambda: ended(sfn.describe_execution(executionArn=arn)))
        return done

    def queue(self, *admitted: str, key: str = "") -> tuple[str, str]:
        """Creates a queue. Returns its URL and ARN. admitted: services that its policy allows. key: the key that
        encrypts it.
        """
        sqs, name = self.client("sqs"), f"q-{uuid.uuid4().hex[:8]}"
        arn = f"arn:aws:sqs:{REGION}:{self.account.account}:{name}"
        policy = {"Policy": document(*(admit(service, "sqs:SendMessage", arn) for service in admitted))}
        encrypted = {"KmsMasterKeyId": key} if key else {}
        url = sqs.create_queue(QueueName=name, Attributes=(policy if admitted else {}) | encrypted)["QueueUrl"]
        return url, arn

    def empty(self, url: str) -> bool:
        """Whether the queue has no message now."""
        return "Messages" not in self.client("sqs").receive_message(QueueUrl=url)

    def key(self, *statements: dict[str, Any]) -> str:
        """Creates a KMS key whose policy allows the account and these services. Returns its ARN."""
        root = {"Effect": "Allow", "Principal": {"AWS": self.account.account}, "Action": "kms:*", "Resource": "*"}
        made = self.client("kms").create_key(Policy=document(root, *statements))
        return str(made["KeyMetadata"]["Arn"])

    def topic(self, *statements: dict[str, Any], key: str = "") -> str:
        """Creates a topic with exactly this policy (`Resource` is set). Returns its ARN."""
        sns, name = self.client("sns"), f"t-{uuid.uuid4().hex[:8]}"
        arn = f"arn:aws:sns:{REGION}:{self.account.account}:{name}"
        policy = {"Policy": document(*({**statement, "Resource": arn} for statement in statements))}
        made = sns.create_topic(Name=name, Attributes=policy | ({"KmsMasterKeyId": key} if key else {}))
        return str(made["TopicArn"])

    def message(self, url: str) -> dict[str, Any]:
        """Waits for the next message. Returns its body."""
        sqs = self.client("sqs")

        def receive() -> Any:
            found = sqs.receive_message(QueueUrl=url).get("Messages", [])
            for one in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
            return found and json.loads(found[0]["Body"])

        body: dict[str, Any] = self.until(receive)
        return body


def ended(execution: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the description of an execution that has ended."""
    return None if execution["status"] == "RUNNING" else execution


def allow(action: str, *resources: str, **condition: Any) -> dict[str, Any]:
    """Returns one Allow statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
    return statement | ({"Condition": condition} if condition else {})


def admit(service: str, action: str | list[str], resource: str, **condition: Any) -> dict[str, Any]:
    """Returns a statement of a resource policy that allows a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def document(*statements: dict[str, Any]) -> str:
    """Returns a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


LOGGING = tuple(allow(f"logs:{verb}", "*") for verb in ("CreateLogGroup", "CreateLogStream", "PutLogEvents"))


def task(function: str, **more: Any) -> dict[str, Any]:
    """Returns a Task state that invokes a function and ends."""
    parameters = {"FunctionName": function, "Payload": more.pop("Payload", {})}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "End": True} | more
