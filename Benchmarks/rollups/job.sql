-- What comes in: the raw log's files, the month, prices.csv. What goes out: the month's rollups as CSV.
-- The whole job in SQL, written from docs/raw-log-format.md and docs/prices.md (by way of prices.csv), and
-- attribution.yaml by hand. It knows what the sample month holds and no more: no images, no audio, no splits, no answers
-- of several models, ids that are UUIDs. Money is whole femtodollars, 1e-15 USD, and never a floating number.
-- Names in capitals behind a dollar are filled in by job.py.

CREATE MACRO femto(usd) AS (usd * 1000000000000000)::BIGINT;

CREATE TEMP TABLE price AS
SELECT provider, model, service_tier, coalesce(context_over, 9007199254740992) AS context_over,
  femto(input) AS input, femto(cache_read) AS cache_read, femto(cache_write_5m) AS cache_write_5m,
  femto(cache_write_1h) AS cache_write_1h, femto(output) AS output, femto(web_search) AS web_search,
  femto(long_input) AS long_input, femto(long_cache_read) AS long_cache_read,
  femto(long_cache_write_5m) AS long_cache_write_5m, femto(long_cache_write_1h) AS long_cache_write_1h,
  femto(long_output) AS long_output
FROM read_csv('$HERE/prices.csv', header = true, columns = {
  'provider': 'VARCHAR', 'model': 'VARCHAR', 'service_tier': 'VARCHAR', 'context_over': 'BIGINT',
  'input': 'DECIMAL(20,15)', 'cache_read': 'DECIMAL(20,15)', 'cache_write_5m': 'DECIMAL(20,15)',
  'cache_write_1h': 'DECIMAL(20,15)', 'output': 'DECIMAL(20,15)', 'web_search': 'DECIMAL(20,15)',
  'long_input': 'DECIMAL(20,15)', 'long_cache_read': 'DECIMAL(20,15)', 'long_cache_write_5m': 'DECIMAL(20,15)',
  'long_cache_write_1h': 'DECIMAL(20,15)', 'long_output': 'DECIMAL(20,15)'});

-- One pass over the files. A line that is no JSON object comes as a row of NULLs (ignore_errors) and falls at `v = 1`.
CREATE TEMP TABLE line AS
WITH raw AS (
  FROM read_json('$RAW_LOGS/**/*.jsonl', format = 'newline_delimited', ignore_errors = true, columns = {
    'v': 'INTEGER', 'kind': 'VARCHAR', 'writer': 'VARCHAR', 'seq': 'BIGINT', 'time': 'TIMESTAMP', 'id': 'UUID',
    'attempt': 'INTEGER', 'endpoint': 'VARCHAR', 'provider': 'VARCHAR', 'final': 'BOOLEAN', 'outcome': 'VARCHAR',
    'model': 'STRUCT(requested VARCHAR, returned VARCHAR)', 'key': 'STRUCT(name VARCHAR)', 'user': 'VARCHAR',
    'tags': 'STRUCT(product VARCHAR)', 'inference_profile': 'VARCHAR', 'client': 'STRUCT(agent VARCHAR)',
    'metered_id': 'VARCHAR',
    'billing': 'STRUCT(service_tier VARCHAR, batch BOOLEAN, search_queries BIGINT,
      tool_usage STRUCT(web_search STRUCT(num_requests BIGINT)))',
    'usage': 'STRUCT(
      input_tokens BIGINT, output_tokens BIGINT, cache_read_input_tokens BIGINT, cache_creation_input_tokens BIGINT,
      cache_creation STRUCT(ephemeral_1h_input_tokens BIGINT), service_tier VARCHAR,
      server_tool_use STRUCT(web_search_requests BIGINT),
      prompt_tokens BIGINT, completion_tokens BIGINT, total_tokens BIGINT,
      prompt_tokens_details STRUCT(cached_tokens BIGINT, cache_write_tokens BIGINT),
      input_tokens_details STRUCT(cached_tokens BIGINT, cache_write_tokens BIGINT),
      "inputTokens" BIGINT, "outputTokens" BIGINT, "cacheReadInputTokens" BIGINT, "cacheWriteInputTokens" BIGINT,
      "cacheDetails" STRUCT(ttl VARCHAR, "inputTokens" BIGINT)[],
      "promptTokenCount" BIGINT, "cachedContentTokenCount" BIGINT, "toolUsePromptTokenCount" BIGINT,
      "candidatesTokenCount" BIGINT, "thoughtsTokenCount" BIGINT)'})
  WHERE v = 1 AND kind IN ('start', 'end')
), flat AS (
  -- Fields out of their objects, absent counts as none. Each name stands for one expression: DuckDB copies what a name stands
  -- for to each place that uses it in the same SELECT, so that the next steps are SELECTs of their own.
  SELECT kind = 'end' AS is_end, writer, seq, id, attempt, metered_id, time::DATE AS day, provider,
    coalesce(model.returned, model.requested) AS model, "user",
    CASE
      WHEN inference_profile LIKE 'arn:aws:bedrock:%:application-inference-profile/chrome%' THEN 'chrome-assistant'
      WHEN tags.product = 'auto-approval' THEN 'auto-approval'
      WHEN key.name LIKE 'ticket-generator-%' OR key.name = 'shared-batch' THEN 'ticket-generator'
      WHEN client.agent LIKE 'Cline/%' OR client.agent LIKE 'claude-cli/%' THEN 'developer-tools'
      ELSE 'unattributed'
    END AS product,
    kind = 'end' AND coalesce(final, true) AS final,
    outcome IN ('vendor_error', 'client_error', 'refused', 'stream_broken') AS failed,
    usage IS NULL AND outcome IN ('ok', 'client_gone') AS without_usage,
    CASE WHEN billing.batch THEN 'batch'
      ELSE coalesce(nullif(coalesce(billing.service_tier, usage.service_tier), 'default'), 'standard') END AS service_tier,
    CASE
      WHEN endpoint = 'anthropic.messages' THEN 'a'
      WHEN endpoint = 'openai.embeddings' THEN 'e'
      WHEN starts_with(endpoint, 'openai.') THEN 'o'
      WHEN starts_with(endpoint, 'bedrock.converse') THEN 'b'
      WHEN starts_with(endpoint, 'gemini.') THEN 'g'
    END AS shape,
    -- Of Anthropic and Converse the uncached input, of the others the whole.
    coalesce(usage.input_tokens, usage.prompt_tokens, usage."inputTokens", usage."promptTokenCount", 0) AS prompt,
    coalesce(usage.cache_read_input_tokens, usage.prompt_tokens_details.cached_tokens,
      usage.input_tokens_details.cached_tokens, usage."cacheReadInputTokens", usage."cachedContentTokenCount", 0) AS cached,
    coalesce(usage.cache_creation_input_tokens, usage.prompt_tokens_details.cache_write_tokens,
      usage.input_tokens_details.cache_write_tokens, usage."cacheWriteInputTokens", 0) AS written,
    coalesce(usage.cache_creation.ephemeral_1h_input_tokens, 0)
      + if(usage."cacheDetails"[1].ttl = '1h', usage."cacheDetails"[1]."inputTokens", 0)
      + if(usage."cacheDetails"[2].ttl = '1h', usage."cacheDetails"[2]."inputTokens", 0) AS cache_write_1h,
    coalesce(usage."toolUsePromptTokenCount", 0) AS tool_prompt,
    coalesce(usage.output_tokens, usage.completion_tokens, usage."outputTokens", usage."candidatesTokenCount", 0) AS answer,
    coalesce(usage.total_tokens, 0) AS total,
    coalesce(usage."thoughtsTokenCount", 0) AS thoughts,
    coalesce(usage.server_tool_use.web_search_requests, 0) + coalesce(billing.search_queries, 0)
      + coalesce(billing.tool_usage.web_search.num_requests, 0) AS web_search
  FROM raw
), part AS (
  SELECT *, if(shape IN ('o', 'g'), least(cached, prompt), cached) AS cache_read,
    if(shape = 'o', least(written, prompt - least(cached, prompt)), greatest(written - cache_write_1h, 0)) AS cache_write_5m,
    CASE shape WHEN 'o' THEN greatest(answer, total - prompt) WHEN 'g' THEN answer + thoughts WHEN 'e' THEN 0 ELSE answer END
      AS output
  FROM flat
  -- A line whose count is negative or above 2^53 is no line.
  WHERE least(prompt, cached, written, cache_write_1h, tool_prompt, answer, total, thoughts, web_search) >= 0
    AND greatest(prompt, cached, written, cache_write_1h, tool_prompt, answer, total, thoughts, web_search) <= 9007199254740992
), counted AS (
  SELECT *, if(shape IN ('o', 'g'), prompt - cache_read, prompt) - if(shape = 'o', cache_write_5m, 0) + tool_prompt AS input
  FROM part
), priced AS (
  -- The rates that hold at this size of context; without a row in the book they are all NULL.
  SELECT c.*, p.web_search AS rate_web_search,
    c.input + c.cache_read + c.cache_write_5m + c.cache_write_1h > context_over AS long,
    if(long, long_input, p.input) AS rate_input, if(long, long_cache_read, p.cache_read) AS rate_cache_read,
    if(long, long_cache_write_5m, p.cache_write_5m) AS rate_cache_write_5m,
    if(long, long_cache_write_1h, p.cache_write_1h) AS rate_cache_write_1h, if(long, long_output, p.output) AS rate_output
  FROM counted c LEFT JOIN price p USING (provider, model, service_tier)
)
SELECT is_end, writer, seq, id, attempt, metered_id, day, product, model, "user", final, failed, input, cache_read,
  cache_write_5m + cache_write_1h AS cache_write, output,
  input * coalesce(rate_input, 0) + cache_read * coalesce(rate_cache_read, 0)
    + cache_write_5m * coalesce(rate_cache_write_5m, 0) + cache_write_1h * coalesce(rate_cache_write_1h, 0)
    + output * coalesce(rate_output, 0) + web_search * coalesce(rate_web_search, 0) AS cost,
  input > 0 AND rate_input IS NOT NULL OR cache_read > 0 AND rate_cache_read IS NOT NULL
    OR cache_write_5m > 0 AND rate_cache_write_5m IS NOT NULL OR cache_write_1h > 0 AND rate_cache_write_1h IS NOT NULL
    OR output > 0 AND rate_output IS NOT NULL OR web_search > 0 AND rate_web_search IS NOT NULL AS something_priced,
  without_usage OR input > 0 AND rate_input IS NULL OR cache_read > 0 AND rate_cache_read IS NULL
    OR cache_write_5m > 0 AND rate_cache_write_5m IS NULL OR cache_write_1h > 0 AND rate_cache_write_1h IS NULL
    OR output > 0 AND rate_output IS NULL OR web_search > 0 AND rate_web_search IS NULL AS something_missing
FROM priced;

-- A line is taken once for its (writer, seq). Where a block of 4096 numbers has more lines than bits, there are duplicates; so
-- ten million lines need no hash table, and only the blocks of re-sent lines are looked at one by one.
CREATE TEMP TABLE surplus AS
WITH block AS (
  SELECT writer, seq >> 12 AS block FROM line GROUP BY ALL
  HAVING count(*) > bit_count(bitstring_agg((seq & 4095)::INTEGER, 0, 4095))
), again AS (
  SELECT line.rowid AS id, row_number() OVER (PARTITION BY line.writer, line.seq ORDER BY line.rowid) AS nth
  FROM line JOIN block ON line.writer = block.writer AND line.seq >> 12 = block.block
), item AS (
  SELECT rowid AS id, row_number() OVER (PARTITION BY metered_id ORDER BY rowid) AS nth FROM line
  WHERE metered_id IS NOT NULL AND rowid NOT IN (SELECT id FROM again WHERE nth > 1)
)
SELECT id FROM again WHERE nth > 1 UNION ALL SELECT id FROM item WHERE nth > 1;

CREATE TEMP TABLE interrupted AS
SELECT DISTINCT ON (id, attempt) day, product, model, "user"
FROM (FROM line WHERE NOT is_end) ANTI JOIN (FROM line WHERE is_end) AS ended USING (id, attempt);

COPY (
  SELECT day, product, model, "user", sum(requests) AS requests, sum(failed) AS failed_requests,
    sum(interrupted) AS interrupted_requests, sum(unpriced) AS unpriced_requests, sum(input) AS input_tokens,
    sum(cache_read) AS cache_read_tokens, sum(cache_write) AS cache_write_tokens, sum(output) AS output_tokens,
    CASE WHEN (bool_or(something_missing) OR sum(interrupted) > 0) AND NOT bool_or(something_priced) THEN NULL
      WHEN sum(cost) = 0 THEN '0'
      ELSE rtrim(rtrim((sum(cost) // 1000000000000000) || '.'
        || lpad((sum(cost) % 1000000000000000)::VARCHAR, 15, '0'), '0'), '.')
    END AS cost_usd
  FROM (
    SELECT day, product, model, "user", final::INTEGER AS requests, (final AND failed)::INTEGER AS failed,
      0 AS interrupted, (final AND something_missing)::INTEGER AS unpriced, input, cache_read, cache_write, output, cost,
      something_priced, something_missing
    FROM line WHERE is_end AND line.rowid NOT IN (FROM surplus)
    UNION ALL
    SELECT day, product, model, "user", 1, 0, 1, 0, 0, 0, 0, 0, 0, false, false FROM interrupted
  )
  WHERE day >= DATE '$FIRST' AND day < DATE '$AFTER'
  GROUP BY ALL ORDER BY day, product, model, "user"
) TO '$OUT' (HEADER, DELIMITER ',');
