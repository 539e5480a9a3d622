-- Selects the newest call of each distinct request, model, and stop reason in a range of hours. At most a given number is
-- returned, those with the smallest digests, so that the same logs give the same selection. A record is one line of JSON.
-- Lines that are not records, failed calls, and this product's own calls are ignored.
-- Parameters, in order: the first hour; the hour after the last; pairs of metadata as a JSON array of "key|value"; the
-- minimum and the maximum number of these pairs that must match; a regular expression for the principals whose calls are
-- selected; the maximum number of calls. A principal that is not a text becomes NULL, or a text that is not an ARN.
WITH calls AS (
    SELECT
        line,
        json_extract_scalar(line, '$.timestamp') AS called,
        json_extract_scalar(line, '$.requestId') AS request,
        coalesce(json_extract_scalar(line, '$.identity.arn'), '') AS principal,
        concat(
            coalesce(json_extract_scalar(line, '$.modelId'), ''),
            coalesce(json_format(json_extract(line, '$.input.inputBodyJson.system')), ''),
            coalesce(json_format(json_extract(line, '$.input.inputBodyJson.messages')), ''),
            coalesce(json_extract_scalar(line, '$.input.inputBodyS3Path'), ''),
            coalesce(json_extract_scalar(line, '$.output.outputBodyJson.stopReason'), '')
        ) AS asked,
        coalesce(TRY_CAST(json_extract(line, '$.requestMetadata') AS map(varchar, varchar)), map()) AS said
    FROM invocations
    WHERE datehour >= ? AND datehour < ?
        AND json_extract_scalar(line, '$.schemaType') = 'ModelInvocationLog'
        AND json_extract_scalar(line, '$.errorCode') IS NULL
),
matching AS (
    SELECT line, called, request, asked
    FROM calls
    WHERE cardinality(
            array_intersect(transform(map_keys(said), k -> k || '|' || said[k]), CAST(json_parse(?) AS array(varchar)))
        ) BETWEEN CAST(? AS integer) AND CAST(? AS integer)
        AND NOT contains(map_keys(said), 'distillery:run')
        AND regexp_like(principal, ?)
),
newest AS (
    SELECT line, asked, row_number() OVER (PARTITION BY asked ORDER BY called DESC, request DESC) AS age
    FROM matching
),
chosen AS (
    SELECT line, row_number() OVER (ORDER BY sha256(to_utf8(asked))) AS place
    FROM newest
    WHERE age = 1
)
SELECT line FROM chosen WHERE place <= CAST(? AS bigint) ORDER BY place
