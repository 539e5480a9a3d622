-- Calls and tokens by day, route, model and caller. The hours bound what is scanned, and paid for: edit them.
-- The route is what callers say, and anybody may say any; the caller is what Bedrock says: a role without its sessions, a
-- user, or the root.
SELECT
    substr(datehour, 1, 10) AS day,
    json_extract_scalar(line, '$.requestMetadata["distillery:route"]') AS route,
    json_extract_scalar(line, '$.modelId') AS model,
    regexp_extract(json_extract_scalar(line, '$.identity.arn'), 'assumed-role/[^/]+|[^:]+$') AS caller,
    count(*) AS calls,
    sum(CAST(json_extract_scalar(line, '$.input.inputTokenCount') AS bigint)) AS input_tokens,
    sum(CAST(json_extract_scalar(line, '$.output.outputTokenCount') AS bigint)) AS output_tokens
FROM invocations
WHERE datehour >= '2026/11/01/00' AND datehour < '2026/11/02/00'
    AND json_extract_scalar(line, '$.schemaType') = 'ModelInvocationLog'
GROUP BY 1, 2, 3, 4
ORDER BY 1, 5 DESC
