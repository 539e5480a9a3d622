"""A simulator of Amazon Bedrock for boto3 clients: a server of its own, or part of an emulator of an AWS account.

Limits, teacher-student pairs, eligibility and dates are transcribed from the AWS documentation. Requests and responses
are validated against botocore's service model.

Where AWS documents nothing, the simulator chooses a behaviour. It proves nothing about:
- how long a job, a deployment or Provisioned Throughput takes (`customization_jobs`, `deployments`,
  `provisioned_throughput`);
- what a duplicate name does (`customization_jobs`: a job name conflicts, a model name is invalid;
  `inference_profiles`: it conflicts), and whether one invalid line fails a job or is skipped (`training_data`: it
  fails);
- whether an update of a deployment must keep the base model (`deployments`: it must);
- whether an application profile may be called latency-optimized (`settings.Undocumented`: not by default);
- whether refused invocations are logged (`runtime.invocation_logs`: they are), and when logs are delivered (`tick`);
- the error messages other than those quoted in the modules, and prices, which it does not charge;
- language: the models are small text classifiers (`teacher`, `student`), a token is four characters, latency is
  computed (`latency`), and tools and guardrails are accepted without effect.

It covers US Regions and text models, and the operations in `control_plane.dispatch` and `runtime.dispatch`.
"""
