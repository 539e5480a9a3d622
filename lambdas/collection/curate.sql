-- Groups the calls of a range of hours, so that reading one call of each group tells what reading all of them would. Calls
-- of a group have the same request; if answers are used, the same model and answer too; if not, the same stop reasons.
-- Calls that are left out whatever their request says are one group for each reason: other principals, failed calls, calls
-- with tools. A line that cannot be parsed here is a group of its own, and the reader decides.
-- Result: the newest line of each group, and its number of calls. The first row has no line, and the number of all calls.
-- At most a given number of rows is returned, those with the smallest digests, so that the same logs give the same rows.
-- Nothing is decided here about a request: `selection` does that, as it does for lines that it reads itself.
-- Parameters, in order: the first hour; the hour after the last; ten objects that are not opened, because a query ends at a
-- damaged one (an empty text where there are fewer); pairs of metadata as a JSON array of "key|value"; the
-- minimum and the maximum number of these pairs that must match; a regular expression for the principals whose calls are
-- selected; whether answers are used; the maximum number of rows. A parameter may only occur in a WHERE clause, so two of
-- them choose a row of constants. A principal that is not a text becomes NULL, or a text that is not an ARN.
WITH records AS (
    SELECT
        line,
        TRY(json_parse(line)) IS NULL AS unreadable,
        concat(
            coalesce(json_extract_scalar(line, '$.timestamp'), ''), ' ',
            coalesce(json_extract_scalar(line, '$.requestId'), '')
        ) AS age,
        coalesce(json_extract_scalar(line, '$.identity.arn'), '') AS principal,
        coalesce(TRY_CAST(json_extract(line, '$.requestMetadata') AS map(varchar, varchar)), map()) AS said
    FROM invocations
    WHERE datehour >= ? AND datehour < ?
        AND "$path" NOT LIKE '%/data/%'
        AND "$path" NOT IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        AND (
            json_extract_scalar(line, '$.schemaType') = 'ModelInvocationLog'
            OR TRY(json_parse(line)) IS NULL
        )
),
matching AS (
    SELECT line, unreadable, age, principal
    FROM records
    WHERE unreadable
        OR (
            cardinality(
                array_intersect(
                    transform(map_keys(said), k -> k || '|' || said[k]), CAST(json_parse(?) AS array(varchar))
                )
            ) BETWEEN CAST(? AS integer) AND CAST(? AS integer)
            AND NOT contains(map_keys(said), 'distillery:run')
        )
),
requests AS (
    SELECT
        line,
        age,
        CASE
            WHEN unreadable THEN concat('line ', line)
            WHEN NOT selected THEN 'another principal'
            WHEN json_extract_scalar(line, '$.errorCode') IS NOT NULL THEN 'failed'
            WHEN json_array_length(json_extract(line, '$.input.inputBodyJson.toolConfig.tools')) > 0 THEN 'tools'
            WHEN json_array_length(json_extract(line, '$.input.inputBodyJson.tools')) > 0 THEN 'tools'
            ELSE concat(
                'request ',
                coalesce(json_format(json_extract(line, '$.input.inputBodyJson')), ''), '|',
                coalesce(json_extract_scalar(line, '$.input.inputBodyS3Path'), ''), '|',
                CASE
                    WHEN answers THEN concat(
                        coalesce(json_extract_scalar(line, '$.modelId'), ''), '|',
                        coalesce(json_format(json_extract(line, '$.output.outputBodyJson')), ''), '|',
                        coalesce(json_extract_scalar(line, '$.output.outputBodyS3Path'), '')
                    )
                    ELSE coalesce(
                        array_join(
                            regexp_extract_all(
                                json_format(json_extract(line, '$.output.outputBodyJson')),
                                '"(stopReason|stop_reason|completionReason|amazon-bedrock-guardrailAction)":"[^"]*"'
                            ),
                            ','
                        ),
                        ''
                    )
                END
            )
        END AS asked
    FROM matching
    CROSS JOIN (VALUES TRUE, FALSE) AS principals (selected)
    CROSS JOIN (VALUES TRUE, FALSE) AS responses (answers)
    WHERE selected = regexp_like(principal, ?) AND answers = CAST(? AS boolean)
),
grouped AS (
    SELECT asked, max_by(line, age) AS line, count(*) AS calls, grouping(asked) AS is_total
    FROM requests
    GROUP BY GROUPING SETS ((asked), ())
),
ranked AS (
    SELECT
        CASE WHEN is_total = 0 THEN line END AS line,
        calls,
        row_number() OVER (
            ORDER BY is_total DESC, asked LIKE 'request %' OR asked LIKE 'line %', sha256(to_utf8(asked))
        ) AS place
    FROM grouped
)
SELECT line, calls FROM ranked WHERE place <= CAST(? AS bigint) ORDER BY place
