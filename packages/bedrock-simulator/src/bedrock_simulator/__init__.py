"""A stand-in for Amazon Bedrock, for any boto3: on its own, or inside an emulator of a whole AWS account.

Limits, pairs, eligibility and dates are transcribed from the documentation of AWS. Requests and responses are held
against botocore's own service model.

Where AWS documents nothing, this simulator had to choose. It proves nothing about:
- how long a job, a deployment or Provisioned Throughput takes (`schedule`, `deployments`, `throughput`);
- what a duplicate name does (`jobs`: a job name conflicts, a model name is invalid; `profiles`: it conflicts), and
  whether one invalid line fails a job or is dropped (`dataset`: it fails);
- whether a deployment's update must keep the base model (`deployments`: it must);
- whether an application profile may be called latency-optimized (`settings.Settings`: off until switched on);
- whether refused invocations are logged (`runtime.records`: they are), and when logs are delivered (`tick`);
- the error sentences other than those quoted in the modules, and prices, which it never charges;
- anything about language: the models are small text classifiers (`teacher`, `student`), tokens are characters
  divided by four, and latency is computed (`latency`); tools and guardrails are accepted, and change no answer.
Only US Regions and text models are here, and only the operations in `operations.CONTROL` and
`operations.RUNTIME`.
"""
