-- Calls and tokens by day, route and model. The hours bound what is scanned, and paid for: edit them.
SELECT
    substr(datehour, 1, 10) AS day,
    json_extract_scalar(line, '$.requestMetadata["distillery:route"]') AS route,
    json_extract_scalar(line, '$.modelId') AS model,
    count(*) AS calls,
    sum(CAST(json_extract_scalar(line, '$.input.inputTokenCount') AS bigint)) AS input_tokens,
    sum(CAST(json_extract_scalar(line, '$.output.outputTokenCount') AS bigint)) AS output_tokens
FROM invocations
WHERE datehour >= '2026/11/01/00' AND datehour < '2026/11/02/00'
    AND json_extract_scalar(line, '$.schemaType') = 'ModelInvocationLog'
GROUP BY 1, 2, 3
ORDER BY 1, 4 DESC
