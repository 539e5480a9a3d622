"""Model invocation logging of the account in a Region, and an Athena table over the logs.

CloudFormation has no resource type for the logging configuration. It is a custom resource of ours, because the CDK's
`AwsCustomResource` is a Node function whose policy has wildcards and would overwrite an existing configuration.

A row of the table is a record as it was logged, as text in one column that queries take apart with JSON functions:
bodies differ from model to model, and no SerDe fits all of them (docs/decisions/0010). Partitions are projected from
the names of folders, one for each hour, so no crawler is needed.
"""

from pathlib import Path

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from distillery.core.names import LOGGING_OWNER
from infra.constructs.arn import Location
from infra.constructs.bucket import logs_uri
from infra.constructs.function import SERVICE_TIMEOUT, Function
from infra.constructs.permissions import bedrock, running
from infra.constructs.stack_context import StackContext
from infra.packing import ROOT


class InvocationLogging(Construct):
    """Bedrock logs every call of the account in the Region to the bucket, until this resource is deleted."""

    def __init__(
        self, scope: Construct, ident: str, *, context: StackContext, bucket: s3.IBucket, replace: bool
    ) -> None:
        super().__init__(scope, ident)
        function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.invocation_logging.handler.configure",
            description="Sets the account's logging configuration in this Region, and restores it",
            timeout=Duration.minutes(2),
            permissions=[bedrock.configure_logging(), running.own_parameter(Location.of(self), LOGGING_OWNER)],
        )
        owned = CustomResource(
            self,
            "Owned",
            resource_type="Custom::InvocationLogging",
            service_token=function.arn,
            properties={"Bucket": bucket.bucket_name, "Replace": str(replace).lower()},
            service_timeout=SERVICE_TIMEOUT,
        )
        owned.node.add_dependency(function)


TABLE, PARTITION = "invocations", "datehour"
RESULTS = "queries/"
ENGINE = "Athena engine version 3"
_TEXT = "org.apache.hadoop.mapred.TextInputFormat"
_LINES = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
"""Splits a line at U+0001, which JSON never contains unescaped, so a line is one value."""

_GB = 1000**3
QUERIES = {
    "curate": (
        ROOT / "lambdas" / "collection" / "curate.sql",
        "The query of the collect function, with its parameters",
    ),
    "usage": (Path(__file__).with_name("usage.sql"), "Calls and tokens by day, route, model and caller; edit hours"),
}


class InvocationLogTable(Construct):
    """Database, table, workgroup and named queries over one Region's log bucket."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        bucket: s3.IBucket,
        keep_days: int,
        max_scan_gb: int,
    ) -> None:
        super().__init__(scope, ident)
        self._names, self._location = context.names, Location.of(self)
        database = self._database()
        self._table(logs_uri(self._location, bucket), keep_days).add_resource_dependency(database)
        workgroup = self._workgroup(context, bucket, max_scan_gb)
        for name, (file, description) in QUERIES.items():
            query = athena.CfnNamedQuery(
                self,
                f"Query-{name}",
                name=f"{self._names.workgroup}-{name}",
                description=description,
                database=self._names.logs_database,
                query_string=file.read_text(encoding="utf-8"),
                work_group=self._names.workgroup,
            )
            query.add_resource_dependency(workgroup)

    def _database(self) -> glue.CfnDatabase:
        name = self._names.logs_database
        return glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self._location.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=name, description="Calls that Bedrock logged"),
        )

    def _table(self, uri: str, keep_days: int) -> glue.CfnTable:
        projection = {
            "type": "date",
            "format": "yyyy/MM/dd/HH",
            "range": f"NOW-{keep_days + 1}DAYS,NOW",
            "interval": "1",
            "interval.unit": "HOURS",
        }
        parameters = {f"projection.{PARTITION}.{name}": value for name, value in projection.items()}
        template = {"storage.location.template": f"{uri}${{{PARTITION}}}/"}
        return glue.CfnTable(
            self,
            "Table",
            catalog_id=self._location.account,
            database_name=self._names.logs_database,
            table_input=glue.CfnTable.TableInputProperty(
                name=TABLE,
                description="One logged call in each line (UG model-invocation-logging)",
                table_type="EXTERNAL_TABLE",
                parameters={"projection.enabled": "true", **parameters, **template},
                partition_keys=[glue.CfnTable.ColumnProperty(name=PARTITION, type="string")],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[glue.CfnTable.ColumnProperty(name="line", type="string")],
                    location=uri,
                    input_format=_TEXT,
                    output_format=_LINES,
                    serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=_SERDE),
                ),
            ),
        )

    def _workgroup(self, context: StackContext, bucket: s3.IBucket, max_scan_gb: int) -> athena.CfnWorkGroup:
        encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS", kms_key=context.key.key_arn
        )
        results = athena.CfnWorkGroup.ResultConfigurationProperty(
            output_location=f"s3://{bucket.bucket_name}/{RESULTS}",
            encryption_configuration=encryption,
            expected_bucket_owner=self._location.account,
        )
        return athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=self._names.workgroup,
            description="Queries of the calls that Bedrock logged",
            recursive_delete_option=True,  # deletes named queries; results stay in the bucket
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                bytes_scanned_cutoff_per_query=max_scan_gb * _GB,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(selected_engine_version=ENGINE),
                publish_cloud_watch_metrics_enabled=True,
                result_configuration=results,
            ),
        )
