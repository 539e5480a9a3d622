"""Known messages of AWS services: whole sentences, and the words that other messages may consist of.

Logs and e-mails contain these sentences unchanged. Each is fixed except for its placeholders (`{}`), which match
identifiers only. Those that code matches on (`distillery.client.aws.MAP_REFUSALS`) are among them.
"""

SENTENCES = (
    # Bedrock: models and requests
    "This model version has reached the end of its life.",
    "The provided model identifier is invalid.",
    "Invocation of model ID {} with on-demand throughput isn’t supported.",
    "Retry your request with the ID or ARN of an inference profile that contains this model.",
    "Latency performance configuration is not supported for {}",
    "The service tier {} is not supported for {}",
    "You don't have access to the model with the specified model ID.",
    "Your account is not authorized to invoke this API operation.",
    "Model use case details have not been submitted for this account.",
    "Fill out the Anthropic use case details form before using the model.",
    "If you have already filled out the form, try again in 15 minutes.",
    "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace "
    "actions",
    "The model specified in the request is not ready to serve inference requests.",
    "{} is not ready to serve inference requests.",
    # Bedrock: throttling and availability
    "Too many requests, please wait before trying again.",
    "Too many tokens, please wait before trying again.",
    "Too many tokens per day, please wait before trying again.",
    "Too many connections, please wait before trying again.",
    "Bedrock is unable to process your request.",
    "The request failed due to an error while processing the model.",
    "The request took too long to process.",
    "Processing time exceeded the model timeout length.",
    "The service isn't currently available. Try again later.",
    "An internal server error occurred. Retry your request.",
    "The system encountered an unexpected error during processing. Try your request again.",
    # Bedrock, of the request
    "Input is too long for requested model.",
    "Malformed input request, please reformat your input and try again.",
    "The maximum tokens you requested exceeds the model limit of {}.",
    "Try again with a maximum tokens value that is lower than {}.",
    # IAM and STS
    "User: {} is not authorized to perform: {} on resource: {} because no identity-based policy allows the {} action",
    "User: {} is not authorized to perform: {} on resource: {} because no resource-based policy allows the {} action",
    "User: {} is not authorized to perform: {} on resource: {} because no session policy allows the {} action",
    "User: {} is not authorized to perform: {} on resource: {} because no permissions boundary allows the {} action",
    "User: {} is not authorized to perform: {} on resource: {} with an explicit deny in an identity-based policy",
    "User: {} is not authorized to perform: {} on resource: {} with an explicit deny in a resource-based policy",
    "User: {} is not authorized to perform: {} on resource: {} with an explicit deny in a service control policy",
    "User: {} is not authorized to perform: {} on resource: {}",
    "User: {} is not authorized to perform: {} because no identity-based policy allows the {} action",
    "User: {} is not authorized to perform: {}",
    "The security token included in the request is expired",
    "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run "
    "aws sso login with the corresponding profile.",
    "Error when retrieving token from sso: Token has expired and refresh failed",
    "Error loading SSO Token: Token for {} does not exist",
    "Your session has expired. Please reauthenticate using 'aws login'.",
    "The security token included in the request is invalid",
    # DynamoDB, S3, Step Functions, Athena
    "Rate exceeded",
    "Access Denied",
    "The conditional request failed",
    "Transaction cancelled, please refer cancellation reasons for specific reasons",
    "The specified key does not exist.",
    "The specified version does not exist.",
    "The specified bucket does not exist",
    "Please reduce your request rate.",
    "Execution Already Exists: {}",
    "Execution Does Not Exist: {}",
    "State Machine Does Not Exist: {}",
    "Task Timed Out: 'Provided task does not exist anymore'",
    "Bytes scanned limit was exceeded",
    "Query exhausted resources at this scale factor",
    "Insufficient permissions to execute the query.",
    # botocore: connections
    "Read timeout on endpoint URL",
    "Connect timeout on endpoint URL",
    "Could not connect to the endpoint URL",
    "Connection was closed before we received a valid response from endpoint URL",
    "Unable to locate credentials",
    "Partial credentials found in {}, missing: {}",
    "You must specify a region.",
    "SSL validation failed for {}",
    "Failed to connect to proxy URL",
    "Parameter validation failed",
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SERVICE_WORDS = _words(
    """
    access account accounts action actions allowed already answer api approved argument arguments arn array
    assistant assume athena attribute authorized aws base batch bedrock body bounds bucket bucketname buckets byte
    bytes cannot capacity characters cluster code column columns completed concurrency condition configuration
    conflict connect connection content count creating creation credential credentials custom customization
    customized data database dataset datasets default delete deleted denied deny deploy deployed deployment
    deployments describe destination did disabled distillation doesn't dynamodb element elements empty enabled
    encoding encountered endpoint endpoints entity equal error errors evaluation event exceed exceeded exceeds
    exception execute execution executions exist exists expected expired expression extension failed failure fault
    field fields file files filter flex format found foundation function generated generation glue grant headers
    hosted http hyperparameter hyperparameters iam id identifier identity ids ignored incorrect inference input
    inputs insufficient internal invalid invocation invocations invoke isn't item items job jobs json jsonl key keys
    kms lambda layer learning legacy length limit limited limits line lines list location log logs machine malformed
    managed map match matches maximum member memory message messages metadata method minimum minutes mismatch
    missing mode model models must name names network no not number numbers object objects on-demand operation
    optimized option order output outputs owner page pages pair pairs parameter parameters parse parsing partition
    path pattern perform permission permissions policies policy prefix principal priority processing profile
    profiles prompt prompts provided provisioned quota quotas quoting range rate read reading record records region
    regions rejected request requested requests required reserved resource resources response responses result
    results retry role roles row rows run runtime s3 sample samples scan scanned schema schemaversion seconds
    security server service services session size sns specified ssm stack stage standard start started state
    statement states status stop stopped storage string sts student subject succeeded support supported syntax
    system table tag tags task teacher text throttled throttling throughput time timed timeout token tokens topic
    training transaction type types unable unavailable unexpected unique units unknown unsupported update updated
    updating upload uri url usage user utf-8 valid validate validation value values variable version versions wait
    waiting workgroup write writing wrong zero
    """
)
"""Words with a meaning in messages of services."""

FUNCTION_WORDS = _words(
    """
    a above after again all an and any are as at be because been before being below between both but by can contain
    contained contains could do does during each either enough every exactly for from greater had has have if in
    into is it its least less longer many may more most needed needs neither new none of off on once one only or
    other out over per please same should since so some such than that the their them then there these this those
    through to too under until up use used uses using via was were when where which while will with within without
    you your
    """
)
"""Words that connect those. A message of these alone is dropped."""
