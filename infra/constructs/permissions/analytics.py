"""Queries: Athena reads the table and the logs, and writes results, as the caller (Athena guide, s3-permissions)."""

from aws_cdk import aws_s3 as s3

from infra.constructs.arn import Location
from infra.constructs.permissions.permission import Permission


def query(
    location: Location, *, workgroup: str, database: str, table: str, bucket: s3.IBucket, results: str
) -> tuple[Permission, ...]:
    """Start queries over one table and get their status. `storage` has the other permissions on objects; `results` is
    the folder of results, which Athena uploads in parts."""
    table_arns = ("catalog", f"database/{database}", f"table/{database}/{table}")
    return (
        Permission(
            actions=("athena:GetQueryExecution", "athena:StartQueryExecution"),
            resources=(location.arn("athena", f"workgroup/{workgroup}"),),
        ),
        Permission(
            actions=("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"),
            resources=tuple(location.arn("glue", arn) for arn in table_arns),
        ),
        # Athena asks for `default` whatever a query names (Athena guide, fine-grained-access-to-glue-resources)
        Permission(actions=("glue:GetDatabase",), resources=(location.arn("glue", "database/default"),)),
        Permission(actions=("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"), resources=(bucket.bucket_arn,)),
        Permission(
            actions=("s3:ListMultipartUploadParts",),
            resources=(bucket.arn_for_objects(f"{results}*"),),
            because="Athena gives the files of its results random names; the statement names their folder.",
        ),
    )
