-- A store as tollbook 0.1.0 wrote it, at schema version 7 (sqlite3's dump of it); test_store_upgrade.py reads it.
PRAGMA user_version = 7;
BEGIN TRANSACTION;
CREATE TABLE bookings(
  period INTEGER NOT NULL, for_period INTEGER NOT NULL,
  decision INTEGER NOT NULL,     -- the last one in force; 0 for none
  prices_version TEXT NOT NULL, rules_version TEXT NOT NULL, program TEXT NOT NULL,
  attempts INTEGER NOT NULL, interrupted INTEGER NOT NULL, requests INTEGER NOT NULL,
  PRIMARY KEY(for_period, period)) STRICT, WITHOUT ROWID;
CREATE TABLE closed_adjustments(
  id INTEGER PRIMARY KEY,
  period INTEGER NOT NULL, for_period INTEGER NOT NULL,
  day TEXT NOT NULL, product TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  service_tier TEXT NOT NULL, reason TEXT NOT NULL, words TEXT NOT NULL,
  was_femtodollars TEXT, was_state TEXT, is_femtodollars TEXT, is_state TEXT,
  prices_was TEXT NOT NULL, prices_is TEXT NOT NULL, rules_was TEXT NOT NULL, rules_is TEXT NOT NULL
) STRICT;
CREATE TABLE closed_files(
  period INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
  PRIMARY KEY(period, name)) STRICT, WITHOUT ROWID;
CREATE TABLE closed_inputs(
  period INTEGER NOT NULL, name TEXT NOT NULL, lines INTEGER NOT NULL, sha256 TEXT NOT NULL,
  PRIMARY KEY(period, name)) STRICT, WITHOUT ROWID;
CREATE TABLE closed_periods(
  id INTEGER PRIMARY KEY,
  label TEXT NOT NULL UNIQUE, zone TEXT NOT NULL, begin INTEGER NOT NULL, "end" INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,
  incomplete INTEGER NOT NULL,   -- closed although a cost in it is unknown
  weight_denominator TEXT NOT NULL,
  post TEXT NOT NULL             -- what is posted of it, as made at the close
) STRICT;
CREATE TABLE closed_rows(
  period INTEGER NOT NULL,
  day TEXT NOT NULL, product TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  service_tier TEXT NOT NULL,
  requests TEXT NOT NULL, failed_requests TEXT NOT NULL, interrupted_requests TEXT NOT NULL,
  unpriced_requests TEXT NOT NULL, input_tokens TEXT NOT NULL, cache_read_tokens TEXT NOT NULL,
  cache_write_tokens TEXT NOT NULL, output_tokens TEXT NOT NULL,
  femtodollars TEXT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY(period, day, product, provider, model, service_tier)) STRICT, WITHOUT ROWID;
CREATE TABLE decisions(
  id INTEGER PRIMARY KEY, period INTEGER NOT NULL, decided_at INTEGER NOT NULL,
  prices_version TEXT NOT NULL, rules_version TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE deliveries(
  period TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL,
  payload_sha256 TEXT NOT NULL, detail TEXT NOT NULL, updated INTEGER NOT NULL,
  PRIMARY KEY(period, target)) STRICT, WITHOUT ROWID;
CREATE TABLE facets(
  id INTEGER PRIMARY KEY,
  endpoint TEXT, provider TEXT, upstream TEXT, region TEXT,
  model_requested TEXT, model_routed TEXT, model_returned TEXT,
  key_id TEXT, key_name TEXT, team TEXT,
  tags TEXT NOT NULL,            -- JSON object, names sorted
  inference_profile TEXT, agent TEXT, service_tier TEXT
, price_facts TEXT NOT NULL DEFAULT '{}', usage_facet INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "facets" VALUES(1,'openai.chat_completions','openai','openai-main',NULL,'gpt-5-mini','gpt-5-mini','gpt-5-mini-2025-08-07','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'anthropic-typescript/1.3.0','default','{}',2);
INSERT INTO "facets" VALUES(2,'openai.chat_completions','openai','openai-main',NULL,'gpt-5-mini','gpt-5-mini','gpt-5-mini-2025-08-07','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,NULL,'default','{}',2);
INSERT INTO "facets" VALUES(3,'bedrock.converse','bedrock','bedrock-tokyo','ap-northeast-1','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome2a7f','Boto3/1.43.11',NULL,'{}',4);
INSERT INTO "facets" VALUES(4,'bedrock.converse','bedrock','bedrock-tokyo','ap-northeast-1','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome2a7f',NULL,NULL,'{}',4);
INSERT INTO "facets" VALUES(5,'openai.chat_completions','openai','openai-main',NULL,'gpt-5-mini','gpt-5-mini','gpt-5-mini-2025-08-07','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'anthropic-typescript/1.3.0','flex','{}',6);
INSERT INTO "facets" VALUES(6,'openai.chat_completions','openai','openai-main',NULL,'gpt-5-mini','gpt-5-mini','gpt-5-mini-2025-08-07','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,NULL,'flex','{}',6);
INSERT INTO "facets" VALUES(7,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_a6d30998cddb0f84','dev-claude-code','devex','{"env":"prod"}',NULL,'claude-cli/2.4.1 (external, cli)','standard','{}',8);
INSERT INTO "facets" VALUES(8,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_a6d30998cddb0f84','dev-claude-code','devex','{"env":"prod"}',NULL,NULL,'standard','{}',8);
INSERT INTO "facets" VALUES(9,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_e334db54da124ede','shared-batch','platform','{"env":"prod"}',NULL,'anthropic-typescript/1.3.0','batch','{}',10);
INSERT INTO "facets" VALUES(10,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_e334db54da124ede','shared-batch','platform','{"env":"prod"}',NULL,NULL,'batch','{}',10);
INSERT INTO "facets" VALUES(11,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_e334db54da124ede','shared-batch','platform','{"env":"prod"}',NULL,'anthropic-python/2.12.0','batch','{}',10);
INSERT INTO "facets" VALUES(12,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'openai-python/3.54.0','standard','{}',13);
INSERT INTO "facets" VALUES(13,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,NULL,'standard','{}',13);
INSERT INTO "facets" VALUES(14,'openai.embeddings','openai','openai-main',NULL,'text-embedding-3-small','text-embedding-3-small','text-embedding-3-small','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'anthropic-typescript/1.3.0',NULL,'{}',15);
INSERT INTO "facets" VALUES(15,'openai.embeddings','openai','openai-main',NULL,'text-embedding-3-small','text-embedding-3-small','text-embedding-3-small','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,NULL,NULL,'{}',15);
INSERT INTO "facets" VALUES(16,'bedrock.converse_stream','bedrock','bedrock-tokyo','ap-northeast-1','apac.amazon.nova-lite-v1:0','apac.amazon.nova-lite-v1:0',NULL,'k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome0a7f','Boto3/1.43.11',NULL,'{}',17);
INSERT INTO "facets" VALUES(17,'bedrock.converse_stream','bedrock','bedrock-tokyo','ap-northeast-1','apac.amazon.nova-lite-v1:0','apac.amazon.nova-lite-v1:0',NULL,'k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome0a7f',NULL,NULL,'{}',17);
INSERT INTO "facets" VALUES(18,'gemini.generate_content','gemini','gemini-main',NULL,'gemini-2.5-flash','gemini-2.5-flash','gemini-2.5-flash','k_dd82e8b8740ad8a0','ticket-generator-stg','user-review','{"env":"stg"}',NULL,'anthropic-typescript/1.3.0',NULL,'{}',19);
INSERT INTO "facets" VALUES(19,'gemini.generate_content','gemini','gemini-main',NULL,'gemini-2.5-flash','gemini-2.5-flash','gemini-2.5-flash','k_dd82e8b8740ad8a0','ticket-generator-stg','user-review','{"env":"stg"}',NULL,NULL,NULL,'{}',19);
INSERT INTO "facets" VALUES(20,'openai.chat_completions','openai','openai-main',NULL,'gpt-4o-mini','gpt-4o-mini','gpt-4o-mini-2024-07-18','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'anthropic-python/2.12.0','default','{}',21);
INSERT INTO "facets" VALUES(21,'openai.chat_completions','openai','openai-main',NULL,'gpt-4o-mini','gpt-4o-mini','gpt-4o-mini-2024-07-18','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,NULL,'default','{}',21);
INSERT INTO "facets" VALUES(22,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_0e31be83f37ea64e','dev-cline','devex','{"env":"prod"}',NULL,'Cline/4.2.0','standard','{}',23);
INSERT INTO "facets" VALUES(23,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_0e31be83f37ea64e','dev-cline','devex','{"env":"prod"}',NULL,NULL,'standard','{}',23);
INSERT INTO "facets" VALUES(24,'openai.chat_completions','openai','openai-main',NULL,'gpt-4.1','gpt-4.1',NULL,'k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'anthropic-python/2.12.0',NULL,'{}',25);
INSERT INTO "facets" VALUES(25,'openai.chat_completions','openai','openai-main',NULL,'gpt-4.1','gpt-4.1',NULL,'k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,NULL,NULL,'{}',25);
INSERT INTO "facets" VALUES(26,'openai.chat_completions','openai','openai-main',NULL,'gpt-4.1','gpt-4.1','gpt-4.1-2025-04-14','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'anthropic-python/2.12.0','default','{}',27);
INSERT INTO "facets" VALUES(27,'openai.chat_completions','openai','openai-main',NULL,'gpt-4.1','gpt-4.1','gpt-4.1-2025-04-14','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,NULL,'default','{}',27);
INSERT INTO "facets" VALUES(28,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'anthropic-typescript/1.3.0','standard','{}',13);
INSERT INTO "facets" VALUES(29,'bedrock.converse','bedrock','bedrock-tokyo','ap-northeast-1','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome1a7f','Boto3/1.43.11',NULL,'{}',30);
INSERT INTO "facets" VALUES(30,'bedrock.converse','bedrock','bedrock-tokyo','ap-northeast-1','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome1a7f',NULL,NULL,'{}',30);
INSERT INTO "facets" VALUES(31,'openai.chat_completions','openai','openai-main',NULL,'gpt-5-mini','gpt-5-mini','gpt-5-mini-2025-08-07','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'anthropic-python/2.12.0','default','{}',2);
INSERT INTO "facets" VALUES(32,'openai.chat_completions','openai','openai-main',NULL,'gpt-4o-mini','gpt-4o-mini','gpt-4o-mini-2024-07-18','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'anthropic-typescript/1.3.0','default','{}',21);
INSERT INTO "facets" VALUES(33,'openai.chat_completions','azure','azure-jp','japaneast','gpt-4.1-mini','gpt-4.1-mini','gpt-4.1-mini-2025-04-14','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'openai-python/3.54.0','default','{}',34);
INSERT INTO "facets" VALUES(34,'openai.chat_completions','azure','azure-jp','japaneast','gpt-4.1-mini','gpt-4.1-mini','gpt-4.1-mini-2025-04-14','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,NULL,'default','{}',34);
INSERT INTO "facets" VALUES(35,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_e334db54da124ede','shared-batch','platform','{"env":"prod"}',NULL,'anthropic-python/2.12.0','batch','{}',36);
INSERT INTO "facets" VALUES(36,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_e334db54da124ede','shared-batch','platform','{"env":"prod"}',NULL,NULL,'batch','{}',36);
INSERT INTO "facets" VALUES(37,'openai.embeddings','openai',NULL,NULL,'text-embedding-3-small',NULL,NULL,'k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'openai-python/3.54.0',NULL,'{}',38);
INSERT INTO "facets" VALUES(38,'openai.embeddings','openai',NULL,NULL,'text-embedding-3-small',NULL,NULL,'k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,NULL,NULL,'{}',38);
INSERT INTO "facets" VALUES(39,'openai.chat_completions','openai','acme-onprem',NULL,'acme-internal-70b','acme-internal-70b','acme-internal-70b','k_2478e707d09c6114','poc-unlabelled','research','{"env":"prod"}',NULL,'openai-python/3.54.0','default','{}',40);
INSERT INTO "facets" VALUES(40,'openai.chat_completions','openai','acme-onprem',NULL,'acme-internal-70b','acme-internal-70b','acme-internal-70b','k_2478e707d09c6114','poc-unlabelled','research','{"env":"prod"}',NULL,NULL,'default','{}',40);
INSERT INTO "facets" VALUES(41,'openai.responses','openai','openai-main',NULL,'gpt-5.4','gpt-5.4','gpt-5.4-2026-03-05','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'anthropic-typescript/1.3.0','default','{}',42);
INSERT INTO "facets" VALUES(42,'openai.responses','openai','openai-main',NULL,'gpt-5.4','gpt-5.4','gpt-5.4-2026-03-05','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,NULL,'default','{}',42);
INSERT INTO "facets" VALUES(43,'openai.chat_completions','azure','azure-jp','japaneast','gpt-4.1-mini','gpt-4.1-mini','gpt-4.1-mini-2025-04-14','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'anthropic-typescript/1.3.0','default','{}',34);
INSERT INTO "facets" VALUES(44,'gemini.generate_content','gemini','gemini-main',NULL,'gemini-2.5-flash','gemini-2.5-flash','gemini-2.5-flash','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'openai-python/3.54.0',NULL,'{}',45);
INSERT INTO "facets" VALUES(45,'gemini.generate_content','gemini','gemini-main',NULL,'gemini-2.5-flash','gemini-2.5-flash','gemini-2.5-flash','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,NULL,NULL,'{}',45);
INSERT INTO "facets" VALUES(46,'openai.embeddings','openai','openai-main',NULL,'text-embedding-3-small','text-embedding-3-small','text-embedding-3-small','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'anthropic-python/2.12.0',NULL,'{}',15);
INSERT INTO "facets" VALUES(47,'bedrock.converse','bedrock','bedrock-tokyo','ap-northeast-1','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome0a7f','Boto3/1.43.11',NULL,'{}',48);
INSERT INTO "facets" VALUES(48,'bedrock.converse','bedrock','bedrock-tokyo','ap-northeast-1','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','jp.anthropic.claude-sonnet-4-5-20250929-v1:0','k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome0a7f',NULL,NULL,'{}',48);
INSERT INTO "facets" VALUES(49,'gemini.generate_content','gemini','gemini-main',NULL,'gemini-2.5-pro','gemini-2.5-pro','gemini-2.5-pro','k_0e31be83f37ea64e','dev-cline','devex','{"env":"prod"}',NULL,'Cline/4.2.0',NULL,'{}',50);
INSERT INTO "facets" VALUES(50,'gemini.generate_content','gemini','gemini-main',NULL,'gemini-2.5-pro','gemini-2.5-pro','gemini-2.5-pro','k_0e31be83f37ea64e','dev-cline','devex','{"env":"prod"}',NULL,NULL,NULL,'{}',50);
INSERT INTO "facets" VALUES(51,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_a6d30998cddb0f84','dev-claude-code','devex','{"env":"prod"}',NULL,'claude-cli/2.4.1 (external, cli)','standard','{}',52);
INSERT INTO "facets" VALUES(52,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_a6d30998cddb0f84','dev-claude-code','devex','{"env":"prod"}',NULL,NULL,'standard','{}',52);
INSERT INTO "facets" VALUES(53,'bedrock.converse_stream','bedrock','bedrock-tokyo','ap-northeast-1','apac.amazon.nova-lite-v1:0','apac.amazon.nova-lite-v1:0',NULL,'k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome2a7f','Boto3/1.43.11',NULL,'{}',54);
INSERT INTO "facets" VALUES(54,'bedrock.converse_stream','bedrock','bedrock-tokyo','ap-northeast-1','apac.amazon.nova-lite-v1:0','apac.amazon.nova-lite-v1:0',NULL,'k_03cc78211d7f6419','chrome-assistant','devex','{"env":"prod"}','arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/chrome2a7f',NULL,NULL,'{}',54);
INSERT INTO "facets" VALUES(55,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_e334db54da124ede','shared-batch','platform','{"env":"prod"}',NULL,'anthropic-typescript/1.3.0','batch','{}',36);
INSERT INTO "facets" VALUES(56,'gemini.generate_content','gemini','gemini-main',NULL,'gemini-2.5-flash','gemini-2.5-flash','gemini-2.5-flash','k_f169b73618c42de6','ticket-generator-prod','user-review','{"env":"prod"}',NULL,'anthropic-typescript/1.3.0',NULL,'{}',45);
INSERT INTO "facets" VALUES(57,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'anthropic-typescript/1.3.0','standard','{}',58);
INSERT INTO "facets" VALUES(58,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-sonnet-4-5','claude-sonnet-4-5','claude-sonnet-4-5-20250929','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,NULL,'standard','{}',58);
INSERT INTO "facets" VALUES(59,'anthropic.messages','anthropic','anthropic-main',NULL,'claude-haiku-4-5','claude-haiku-4-5','claude-haiku-4-5-20251001','k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'anthropic-python/2.12.0','standard','{}',13);
INSERT INTO "facets" VALUES(60,'openai.chat_completions','openai',NULL,NULL,'gpt-4o-mini',NULL,NULL,'k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,'openai-python/3.54.0',NULL,'{}',61);
INSERT INTO "facets" VALUES(61,'openai.chat_completions','openai',NULL,NULL,'gpt-4o-mini',NULL,NULL,'k_998a42c0739cb8dc','auto-approval-prod','user-review','{"env":"prod","product":"auto-approval"}',NULL,NULL,NULL,'{}',61);
INSERT INTO "facets" VALUES(62,'openai.chat_completions','anthropic',NULL,NULL,'public-claude-haiku-4-5-20251001','claude-haiku-4-5-20251001','claude-haiku-4-5-20251001','8d475927343c9396b8ee8403c3afa0f878978612a44efa37a423414dc69e35ca','ticket-generator-prod','t-1','{"env":"prod"}',NULL,NULL,NULL,'{}',62);
INSERT INTO "facets" VALUES(63,'openai.chat_completions','anthropic',NULL,NULL,'public-claude-haiku-4-5-20251001','claude-haiku-4-5-20251001','claude-haiku-4-5-20251001','9b083bfef7d9ba46f8fbbd56c322bd88bab8a827636711b04b640c7b6d49a824','poc-unlabelled','t-1','{"env":"prod"}',NULL,NULL,NULL,'{}',63);
INSERT INTO "facets" VALUES(64,'openai.chat_completions','openai',NULL,NULL,'public-gpt-4o-mini','gpt-4o-mini','gpt-4o-mini','9b083bfef7d9ba46f8fbbd56c322bd88bab8a827636711b04b640c7b6d49a824','poc-unlabelled','t-1','{"env":"prod"}',NULL,NULL,NULL,'{}',64);
INSERT INTO "facets" VALUES(65,'openai.chat_completions','openai',NULL,NULL,'public-gpt-4.1','gpt-4.1','gpt-4.1','9b083bfef7d9ba46f8fbbd56c322bd88bab8a827636711b04b640c7b6d49a824','poc-unlabelled','t-1','{"env":"prod"}',NULL,NULL,NULL,'{}',65);
INSERT INTO "facets" VALUES(66,'openai.chat_completions','openai',NULL,NULL,'public-gpt-4.1','gpt-4.1','gpt-4.1','8d475927343c9396b8ee8403c3afa0f878978612a44efa37a423414dc69e35ca','ticket-generator-prod','t-1','{"env":"prod"}',NULL,NULL,NULL,'{}',66);
CREATE TABLE keys(
  id TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE,
  team TEXT, tags TEXT NOT NULL, models TEXT NOT NULL,
  expires INTEGER, revoked INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE metered_ids(id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO "metered_ids" VALUES('batch_0/item-24');
INSERT INTO "metered_ids" VALUES('batch_0/item-5');
INSERT INTO "metered_ids" VALUES('batch_0/item-6');
INSERT INTO "metered_ids" VALUES('batch_1/item-40');
INSERT INTO "metered_ids" VALUES('batch_9/item-373');
CREATE TABLE names(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO "names" VALUES(1,'u-1051');
INSERT INTO "names" VALUES(2,'u-1044');
INSERT INTO "names" VALUES(3,'u-1744');
INSERT INTO "names" VALUES(4,'u-1102');
INSERT INTO "names" VALUES(5,'u-1463');
INSERT INTO "names" VALUES(6,'u-1063');
INSERT INTO "names" VALUES(7,'u-1646');
INSERT INTO "names" VALUES(8,'u-1272');
INSERT INTO "names" VALUES(9,'u-1152');
INSERT INTO "names" VALUES(10,'u-1511');
INSERT INTO "names" VALUES(11,'u-1095');
INSERT INTO "names" VALUES(12,'u-1091');
INSERT INTO "names" VALUES(13,'u-1347');
INSERT INTO "names" VALUES(14,'u-1147');
INSERT INTO "names" VALUES(15,'overloaded_error');
INSERT INTO "names" VALUES(16,'u-1033');
INSERT INTO "names" VALUES(17,'u-1057');
INSERT INTO "names" VALUES(18,'u-1061');
INSERT INTO "names" VALUES(19,'u-1066');
INSERT INTO "names" VALUES(20,'u-2076');
INSERT INTO "names" VALUES(21,'u-1034');
INSERT INTO "names" VALUES(22,'u-1193');
INSERT INTO "names" VALUES(23,'u-1176');
INSERT INTO "names" VALUES(24,'u-1998');
INSERT INTO "names" VALUES(25,'u-1438');
INSERT INTO "names" VALUES(26,'u-1805');
INSERT INTO "names" VALUES(27,'u-1139');
INSERT INTO "names" VALUES(28,'budget_exceeded');
INSERT INTO "names" VALUES(29,'u-1002');
INSERT INTO "names" VALUES(30,'u-1073');
INSERT INTO "names" VALUES(31,'u-1322');
INSERT INTO "names" VALUES(32,'u-1015');
INSERT INTO "names" VALUES(33,'u-1218');
INSERT INTO "names" VALUES(34,'u-1387');
INSERT INTO "names" VALUES(35,'u-1985');
INSERT INTO "names" VALUES(36,'u-1318');
INSERT INTO "names" VALUES(37,'u-1226');
INSERT INTO "names" VALUES(38,'u-1324');
INSERT INTO "names" VALUES(39,'u-1101');
INSERT INTO "names" VALUES(40,'u-1114');
INSERT INTO "names" VALUES(41,'u-1021');
INSERT INTO "names" VALUES(42,'u-1027');
INSERT INTO "names" VALUES(43,'u-1338');
INSERT INTO "names" VALUES(44,'u-1012');
INSERT INTO "names" VALUES(45,'u-1528');
INSERT INTO "names" VALUES(46,'u-1197');
INSERT INTO "names" VALUES(47,'u-1402');
INSERT INTO "names" VALUES(48,'u-1331');
INSERT INTO "names" VALUES(49,'u-1194');
INSERT INTO "names" VALUES(50,'u-1094');
INSERT INTO "names" VALUES(51,'u-1517');
INSERT INTO "names" VALUES(52,'<!channel>');
INSERT INTO "names" VALUES(53,'u-1584');
INSERT INTO "names" VALUES(54,'u-27');
INSERT INTO "names" VALUES(55,'u-3');
INSERT INTO "names" VALUES(56,'u-6');
INSERT INTO "names" VALUES(57,'u-31');
INSERT INTO "names" VALUES(58,'u-44');
CREATE TABLE open_requests(
  time INTEGER NOT NULL,         -- microseconds since 1970
  segment INTEGER NOT NULL, line INTEGER NOT NULL,
  id BLOB NOT NULL,              -- a UUID's 16 bytes, or UTF-8 and the byte FF
  attempt INTEGER NOT NULL, final INTEGER NOT NULL, facet INTEGER NOT NULL,
  user_number INTEGER, session TEXT, ip TEXT,
  response_id TEXT, vendor_request_id TEXT, metered_id TEXT,
  stream INTEGER, status INTEGER, duration_us INTEGER, first_byte_us INTEGER,
  outcome INTEGER NOT NULL, error_type INTEGER, flags INTEGER NOT NULL,
  input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
  cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
  output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  other_meters TEXT,             -- JSON object of meters without a column
  other_models TEXT,             -- JSON: tokens of other models inside the answer
  unknown_fields TEXT,           -- JSON array of paths
  stated TEXT,                   -- what another program said it cost, in femtodollars
  PRIMARY KEY(time, segment, line)) STRICT, WITHOUT ROWID;
INSERT INTO "open_requests" VALUES(1792127486205352,1,104,X'01A1431F48FD7A7CBCF27BB47097229B',1,1,60,53,'s-356','10.3.108.124',NULL,NULL,NULL,NULL,NULL,NULL,NULL,6,NULL,0,0,0,0,0,0,0,0,NULL,NULL,NULL,NULL);
CREATE TABLE pruned_months(month INTEGER PRIMARY KEY, pruned_at INTEGER NOT NULL) STRICT;
CREATE TABLE rejections(
  segment INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, excerpt TEXT NOT NULL,
  PRIMARY KEY(segment, line)) STRICT, WITHOUT ROWID;
CREATE TABLE request_hashes_2026_09(slot INTEGER NOT NULL, segment INTEGER NOT NULL, line INTEGER NOT NULL,
  hashes BLOB NOT NULL, PRIMARY KEY(slot, segment, line)) STRICT, WITHOUT ROWID;
INSERT INTO "request_hashes_2026_09" VALUES(1987205,2,4,X'311A5A3A931E43DD');
INSERT INTO "request_hashes_2026_09" VALUES(1987217,2,2,X'BF26EBFD3D6543DD');
INSERT INTO "request_hashes_2026_09" VALUES(1987959,2,1,X'06ADB35FCE1B43DD');
INSERT INTO "request_hashes_2026_09" VALUES(1988374,2,5,X'EA9391D8126D43DD');
INSERT INTO "request_hashes_2026_09" VALUES(1989647,2,3,X'78A0229C241943DD');
INSERT INTO "request_hashes_2026_09" VALUES(1989756,1,3,X'B979379EA005000C');
INSERT INTO "request_hashes_2026_09" VALUES(1989772,1,5,X'72F36E3CF5885609');
INSERT INTO "request_hashes_2026_09" VALUES(1989777,1,7,X'2B6DA6DAE4B7000C');
INSERT INTO "request_hashes_2026_09" VALUES(1989783,1,9,X'E4E6DD7843D03210');
INSERT INTO "request_hashes_2026_09" VALUES(1989785,1,11,X'9D6015170A170D0C');
INSERT INTO "request_hashes_2026_09" VALUES(1989787,1,12,X'56DA4CB5BED92603');
INSERT INTO "request_hashes_2026_09" VALUES(1989788,1,13,X'0F5484538C09A73A');
INSERT INTO "request_hashes_2026_09" VALUES(1989789,1,15,X'C8CDBBF1E3684F098147F38FBB5C6B3A');
INSERT INTO "request_hashes_2026_09" VALUES(1989790,1,19,X'3AC12A2EE1D09286');
INSERT INTO "request_hashes_2026_09" VALUES(1989791,1,21,X'F33A62CCE688000CACB4996A9BB0AC86');
CREATE TABLE request_hashes_2026_10(slot INTEGER NOT NULL, segment INTEGER NOT NULL, line INTEGER NOT NULL,
  hashes BLOB NOT NULL, PRIMARY KEY(slot, segment, line)) STRICT, WITHOUT ROWID;
INSERT INTO "request_hashes_2026_10" VALUES(1989792,1,25,X'652ED10800FEF0861EA808A79335786834A7A43A');
INSERT INTO "request_hashes_2026_10" VALUES(1989793,1,31,X'909B77E3812052094915AF814D26050C');
INSERT INTO "request_hashes_2026_10" VALUES(1989794,1,35,X'028FE61FC14EAC3ABB081EBEBB5C6B3A7482555C39187709');
INSERT INTO "request_hashes_2026_10" VALUES(1989795,1,41,X'2DFC8CFA7A7E2A03E675C4989BA27D099FEFFB361C8CAC86');
INSERT INTO "request_hashes_2026_10" VALUES(1989796,1,47,X'586933D567492A0311E36A732F635209CA5CA21169DB2603');
INSERT INTO "request_hashes_2026_10" VALUES(1989797,1,51,X'83D6D9AFAC0E8B4BDC159586F5C948EC306B4F09AE43808AAA8B673A');
INSERT INTO "request_hashes_2026_10" VALUES(1989798,1,57,X'67BDB7289D4F2B032037EFC6CCD79286D9B026653240F400');
INSERT INTO "request_hashes_2026_10" VALUES(1989799,1,63,X'922A5E030313783A4BA495A19F422B03041ECD3F9A7C070C');
INSERT INTO "request_hashes_2026_10" VALUES(1989800,1,69,X'BD9704DE14696B3A76113C7CEC0C0D0C2F8B731A75764809');
INSERT INTO "request_hashes_2026_10" VALUES(1989801,1,75,X'E804ABB88FA3B586F5C948EC94221C0CA17EE256C51A0D0C');
INSERT INTO "request_hashes_2026_10" VALUES(1989802,1,80,X'5AF819F5947FF4004915AF81FEA77D0983D6D9AFCD55BB86');
INSERT INTO "request_hashes_2026_10" VALUES(1989803,1,86,X'1372519331F14E09CCEB8831D6BCF1868565C0CFECF64E09');
INSERT INTO "request_hashes_2026_10" VALUES(1989804,1,92,X'3EDFF76D6B0C7709');
INSERT INTO "request_hashes_2026_10" VALUES(1989805,1,94,X'F7582F0C9CFE5609B0D266AA6F41AC3A694C9E48D10AA73A');
INSERT INTO "request_hashes_2026_10" VALUES(1989806,1,100,X'22C6D5E668055D3A');
INSERT INTO "request_hashes_2026_10" VALUES(1989907,1,102,X'DB3F0D852589F086');
INSERT INTO "request_hashes_2026_10" VALUES(1990203,1,103,X'94B9442363BFF186');
CREATE TABLE request_ids_2026_09(hash INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY(hash, time)) STRICT, WITHOUT ROWID;
INSERT INTO "request_ids_2026_09" VALUES(-3207456571634525821,1789536612976000);
INSERT INTO "request_ids_2026_09" VALUES(-3205767721773972175,1790683141179000);
INSERT INTO "request_ids_2026_09" VALUES(-3204641821866873336,1788485216948000);
INSERT INTO "request_ids_2026_09" VALUES(-3204078871913418529,1789163577257000);
INSERT INTO "request_ids_2026_09" VALUES(-3202952972006319690,1788495453318000);
CREATE TABLE request_ids_2026_10(hash INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY(hash, time)) STRICT, WITHOUT ROWID;
CREATE TABLE request_months(
  month INTEGER PRIMARY KEY,     -- year * 12 + month - 1, in UTC
  vendor_ids INTEGER NOT NULL    -- 1: it has the look-ups by the vendors' ids
) STRICT;
INSERT INTO "request_months" VALUES(24320,1);
INSERT INTO "request_months" VALUES(24321,1);
CREATE TABLE requests_2026_09(
  time INTEGER NOT NULL,         -- microseconds since 1970
  segment INTEGER NOT NULL, line INTEGER NOT NULL,
  id BLOB NOT NULL,              -- a UUID's 16 bytes, or UTF-8 and the byte FF
  attempt INTEGER NOT NULL, final INTEGER NOT NULL, facet INTEGER NOT NULL,
  user_number INTEGER, session TEXT, ip TEXT,
  response_id TEXT, vendor_request_id TEXT, metered_id TEXT,
  stream INTEGER, status INTEGER, duration_us INTEGER, first_byte_us INTEGER,
  outcome INTEGER NOT NULL, error_type INTEGER, flags INTEGER NOT NULL,
  input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
  cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
  output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  other_meters TEXT,             -- JSON object of meters without a column
  other_models TEXT,             -- JSON: tokens of other models inside the answer
  unknown_fields TEXT,           -- JSON array of paths
  stated TEXT,                   -- what another program said it cost, in femtodollars
  PRIMARY KEY(time, segment, line)) STRICT, WITHOUT ROWID;
INSERT INTO "requests_2026_09" VALUES(1788485216948000,2,4,X'63686174636D706C2D372D33FF',1,1,65,57,'s-3','10.0.0.8','chatcmpl-7-3',NULL,NULL,NULL,NULL,3574000,NULL,0,NULL,0,1540,18717,0,0,0,763,0,NULL,NULL,NULL,'37085000000000');
INSERT INTO "requests_2026_09" VALUES(1788495453318000,2,2,X'63686174636D706C2D372D31FF',1,1,63,55,'s-1','10.0.0.8','chatcmpl-7-1',NULL,NULL,NULL,NULL,6699000,NULL,0,NULL,0,3478,0,371,564,0,122,0,NULL,NULL,NULL,'5679750000000');
INSERT INTO "requests_2026_09" VALUES(1789163577257000,2,1,X'63686174636D706C2D372D30FF',1,1,62,54,'s-0','10.0.0.8','chatcmpl-7-0',NULL,NULL,NULL,NULL,1608000,NULL,0,NULL,0,594,0,2666,49,0,1682,0,NULL,NULL,NULL,'12434500000000');
INSERT INTO "requests_2026_09" VALUES(1789536612976000,2,5,X'63686174636D706C2D372D34FF',1,1,66,58,'s-4','10.0.0.8','chatcmpl-7-4',NULL,NULL,NULL,NULL,3145000,NULL,0,NULL,0,6368,0,0,0,0,644,0,NULL,NULL,NULL,'35776000000000');
INSERT INTO "requests_2026_09" VALUES(1790683141179000,2,3,X'63686174636D706C2D372D32FF',1,1,64,56,'s-2','10.0.0.8','chatcmpl-7-2',NULL,NULL,NULL,NULL,3161000,NULL,0,NULL,0,7033,1526,0,0,0,273,0,NULL,NULL,NULL,'1333200000000');
INSERT INTO "requests_2026_09" VALUES(1790780482810948,1,3,X'01A0F2D5A4FA79CBB1DABE86CBBEAA11',1,1,1,1,'s-480','10.3.221.140','resp_6a3f7fb9fcd4241d','req_52ffdf834b47',NULL,0,200,5507812,1376953,0,NULL,0,1235,0,0,0,0,5594,429,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790795045885259,1,5,X'01A0F3B3DBFD75C884D27BB2BF528E01',1,1,3,2,'s-322','10.0.10.82','resp_55f053ed7217c6a7','req_a4e0c4f4480e',NULL,0,200,2856640,714160,0,NULL,0,312,0,0,0,0,115,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790799935788360,1,7,X'01A0F3FE792C7DE6A6DA10EF51504E8A',1,1,5,3,'s-493','10.1.6.134','resp_4b3eee5eb561eeed','req_91b8756b70f6',NULL,1,200,827978,206994,0,NULL,0,392,0,0,0,0,120,39,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790805002261883,1,9,X'01A0F44BC8157D689D898DC238492249',1,1,7,4,'s-500','10.3.14.34','resp_8bf61c3e4e43959c','req_41b0d91901c3',NULL,1,200,3142382,785595,0,NULL,0,839,25976,0,0,0,358,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790806586042664,1,11,X'01A0F463F2BA7425889CEDC47EC84013',1,1,7,5,'s-420','10.2.187.33','resp_8133c58af13dffe7','req_6fe8895e72ac',NULL,1,200,1774902,443725,0,NULL,0,34425,86093,0,0,0,121,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790808344534591,1,12,X'01A0F47EC7D67F18B02614D4B53A11A9',1,1,9,6,'s-147','10.3.122.96','resp_e87a39325809c37e','req_9da2b6c92418','batch_0/item-5',0,200,3600000000,900000000,0,NULL,0,925,3830,0,0,0,1564,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790809297589488,1,13,X'01A0F48D52B5793CA6B01C419A32385C',1,1,11,7,'s-220','10.2.228.198','resp_34f52a76510ccf33','req_8582259a4bd4','batch_0/item-6',0,200,3600000000,900000000,0,NULL,0,2417,0,0,0,0,103,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790810368880234,1,15,X'01A0F49DAB7070428D5BF3C6A77F45CC',1,1,12,8,'s-333','10.0.8.72','resp_aabebcbf4c7d884e','req_3689baade857',NULL,1,200,1786718,446679,0,NULL,0,3173,3629,0,0,0,1933,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790810953719475,1,17,X'01A0F4A697F773B89544BCDACD518E45',1,1,14,9,'s-258','10.0.76.31','resp_0746d1cd0a1e87ef','req_8ca1f82f5097',NULL,0,200,1999414,499853,0,NULL,0,597,0,0,0,0,0,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790811272576769,1,19,X'01A0F4AB7580758A8A0D453BD8017636',1,1,16,10,'s-49','10.1.169.41','resp_bf8763eae5b56bb1','req_569e0a61fdf6',NULL,1,200,4192968,1048242,0,NULL,0,1830,0,0,0,0,504,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790811941950181,1,21,X'01A0F4B5AC3E798CABC6533568BC3929',1,1,18,11,'s-499','10.0.203.18','resp_46aa9edbfb9c2e29','req_9c0d15f5c17a',NULL,1,200,2259375,564843,0,NULL,0,1465,0,0,0,0,155,154,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_09" VALUES(1790812678871572,1,23,X'01A0F4C0EAD77B538032F72D3E586F5D',1,1,20,12,'s-65','10.2.179.122','resp_fd615801a944d1e2','req_e5d5b3d20b4c',NULL,0,200,1611621,402905,0,NULL,0,215,2360,0,0,0,262,0,NULL,NULL,NULL,NULL);
CREATE TABLE requests_2026_10(
  time INTEGER NOT NULL,         -- microseconds since 1970
  segment INTEGER NOT NULL, line INTEGER NOT NULL,
  id BLOB NOT NULL,              -- a UUID's 16 bytes, or UTF-8 and the byte FF
  attempt INTEGER NOT NULL, final INTEGER NOT NULL, facet INTEGER NOT NULL,
  user_number INTEGER, session TEXT, ip TEXT,
  response_id TEXT, vendor_request_id TEXT, metered_id TEXT,
  stream INTEGER, status INTEGER, duration_us INTEGER, first_byte_us INTEGER,
  outcome INTEGER NOT NULL, error_type INTEGER, flags INTEGER NOT NULL,
  input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
  cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
  output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  other_meters TEXT,             -- JSON object of meters without a column
  other_models TEXT,             -- JSON: tokens of other models inside the answer
  unknown_fields TEXT,           -- JSON array of paths
  stated TEXT,                   -- what another program said it cost, in femtodollars
  PRIMARY KEY(time, segment, line)) STRICT, WITHOUT ROWID;
INSERT INTO "requests_2026_10" VALUES(1790813329872495,1,25,X'01A0F4CAD9D072CEB7FFCF3AA1B2C0CA',1,1,22,13,'s-82','10.3.66.9','resp_3dd6e8dd0c1a5177','req_606c1e42a3b5',NULL,1,200,790380,197595,0,NULL,0,2231,63679,0,0,0,746,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790813417872907,1,27,X'01A0F4CC31907C498E1DA26583EB14E8',1,0,24,14,'s-211','10.1.123.88',NULL,'req_bec0dc7510ad',NULL,0,529,1368847,342211,1,15,0,0,0,0,0,0,0,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790813417872907,1,29,X'01A0F4CC31907C498E1DA26583EB14E8',2,1,26,14,'s-211','10.1.123.88','resp_709597aa9d32c714','req_f7f09f4e8f92',NULL,0,200,2737694,684423,0,NULL,0,806,0,0,0,0,271,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790814038359596,1,31,X'01A0F4D5A9577164B3C0B77586AC8BA7',1,1,28,16,'s-353','10.1.171.184','resp_485423de1c9145c5','req_facb28771366',NULL,1,200,2527929,631982,0,NULL,0,7002,667,0,0,0,236,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790814307872679,1,33,X'01A0F4D9C62075229AC8B9C57505FC0C',1,1,29,17,'s-465','10.0.208.96','resp_46777b3034905fad','req_ca20ee2e976c',NULL,0,200,3166015,791503,0,NULL,0,63,4946,0,0,0,341,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790814707825799,1,35,X'01A0F4DFE07171F68A5302C9ACB2A048',1,1,29,18,'s-234','10.2.198.232','resp_2a7e16cab8bffb58','req_4ca9ce9d8deb',NULL,0,200,1817871,454467,0,NULL,0,332,0,0,0,0,1379,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790814985073783,1,37,X'01A0F4E41B717FF28CAFA0E669DC2711',1,1,31,19,'s-258','10.1.129.37','resp_0623243ac69e7684','req_165ecbb9500d',NULL,0,200,2480664,620166,0,NULL,0,350,0,0,0,0,643,244,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790815295945656,1,39,X'01A0F4E8D9C97DC79D09B96D14780D66',1,1,32,20,'s-371','10.2.7.47','resp_dc75d4fe3aead115','req_be6c51ce718a',NULL,1,200,5288671,1322167,0,NULL,0,517,6611,0,0,0,1020,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790815591638965,1,41,X'01A0F4ED5CD674DDB392A939A67FA16A',1,1,1,21,'s-158','10.3.3.47','resp_49ea9e800c22c057','req_8ac4198f16e4',NULL,0,200,5129687,1282421,0,NULL,0,244,33665,0,0,0,326,184,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790816039040958,1,43,X'01A0F4F430807081A51A56D0A78C3B07',1,1,33,22,'s-364','10.3.62.81','resp_9a9ef289d8b740b0','req_47c934fb1cfb',NULL,1,200,941308,235327,0,NULL,0,980,0,0,0,0,419,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790816150891255,1,45,X'01A0F4F5E56B7BFDA60FD0FFD5291A06',1,1,28,23,'s-68','10.0.63.60','resp_df7de289ad4954a8','req_9afb506dbb98',NULL,0,200,705517,176379,0,NULL,0,384,0,0,0,0,217,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790816555308698,1,47,X'01A0F4FC112C7DA0B44C02EDCE58CC85',1,1,16,24,'s-157','10.0.113.121','resp_ddafd4c725745186','req_30cf0ce207ec',NULL,1,200,4751562,1187890,0,NULL,0,517,0,0,0,0,271,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790816872137755,1,49,X'01A0F500E6C97B3390DC597F1E710B94',1,1,28,25,'s-351','10.3.189.115','resp_f09cbf6b2bd7907b','req_c52390565bf4',NULL,0,200,1909179,477294,0,NULL,0,583,0,0,0,0,407,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790817156267471,1,50,X'01A0F5053CAB784E81D98034DEB4F059',1,1,35,26,'s-146','10.1.11.200','resp_2300efb576f6f106','req_c2f34d3ea0e0','batch_0/item-24',0,200,3600000000,900000000,0,NULL,0,2160,0,0,0,0,77,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790817561972662,1,51,X'01A0F50B6D747B0FA06DDD0FF5110CE5',1,1,37,27,'s-77','10.2.251.225',NULL,NULL,NULL,0,429,42,NULL,3,28,0,0,0,0,0,0,0,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790817714550452,1,53,X'01A0F50DC1767092A1B3C2E3BF431927',1,1,39,29,'s-332','10.0.166.124','resp_041f49e130d0979e','req_da7022266af0',NULL,0,200,1855468,463867,0,NULL,0,238,0,0,0,0,2421,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790818090050219,1,55,X'01A0F5137C427518B3452DFDC9BA62ED',1,1,41,30,'s-275','10.3.129.67','resp_169f4554390adebe','req_1f72a8c7b53a',NULL,1,200,4854687,1213671,4,NULL,0,317234,0,0,0,0,361,89,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790818308502838,1,57,X'01A0F516D196702F92BD30483530C092',1,1,43,31,'s-137','10.3.204.66','resp_e54619da6cdb67e6','req_21a5ba34606e',NULL,1,200,18295312,4573828,0,NULL,0,4616,0,0,0,0,268,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790818513788649,1,59,X'01A0F519F37C78C0AB5F64C6EDF9167E',1,1,44,32,'s-42','10.2.92.231','resp_bb4dc4a5fc11ed32','req_2929db498b8a',NULL,0,200,1521386,380346,0,NULL,0,2777,3334,0,0,0,1257,431,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790818948453779,1,61,X'01A0F520956576619363942D7685B3F8',1,1,7,33,'s-194','10.0.113.208','resp_830b9df061684b97','req_b82eade8fef4',NULL,0,200,3372265,843066,0,NULL,0,15206,3845,0,0,0,161,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790819326565645,1,63,X'01A0F5265A657D8D9CF614F85049DFAC',1,1,46,34,'s-287','10.3.17.125','resp_6ea01ab51de2e4ec','req_dbafd14253ee',NULL,0,200,2656835,664208,0,NULL,0,512,0,0,0,0,0,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790819494121521,1,65,X'01A0F528E8E9701FBCB2B7B04E2F516C',1,1,47,35,'s-139','10.2.76.74','resp_195fae4fb83ad9a0','req_65636a5576d3',NULL,0,200,9357812,2339453,0,NULL,0,681,0,0,0,0,105,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790819720579992,1,67,X'01A0F52C5D8378B888DE5DD5BB2A0EB0',1,1,3,36,'s-415','10.2.244.145','resp_7f521c1e50ff4399','req_48bf68bf4410',NULL,0,200,2766406,691601,0,NULL,0,1280,0,0,0,0,245,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790820026242825,1,69,X'01A0F53107827BB1A00E16182BCE87BC',1,1,49,37,'s-299','10.1.21.14','resp_1827c560cd844921','req_17df2d002563',NULL,1,200,3245507,811376,0,NULL,0,2170,88988,0,0,0,2147,1674,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790820428702004,1,71,X'01A0F5372B9E7E388641D9289167C5A9',1,1,51,38,'s-426','10.0.2.188','resp_a87864b8cfd307f2','req_09a935601efe',NULL,0,200,6057812,1514453,0,NULL,0,3309,64125,2071,0,0,190,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790820867125624,1,73,X'01A0F53DDC357948A63F17FD5C82E6B4',1,1,7,39,'s-393','10.1.61.133','resp_7a10aec2b6e681f6','req_e2f3ce8730be',NULL,0,200,2349609,587402,0,NULL,0,982,68355,675,0,0,142,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790821027391124,1,75,X'01A0F5404E3F72FE9764DAB81EFB9C0E',1,1,28,40,'s-25','10.1.164.127','resp_1e1d7398b0343970','req_ea90a2700d75',NULL,1,200,3814843,953710,0,NULL,0,279,0,0,0,0,1071,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790821208901330,1,77,X'01A0F54313457C21B293D6F0F770F58D',1,1,33,29,'s-404','10.3.118.152','resp_1f6a40794f5ab9f1','req_64397b20b29b',NULL,0,200,1293652,323413,0,NULL,0,392,0,0,0,0,60,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790821774951628,1,79,X'01A0F54BB6677CA181A8E5B459CAE7B1',1,1,53,41,'s-421','10.1.185.182','resp_4dee8afc2c956ce5','req_2aec6e2a0adf',NULL,1,200,12236718,3059179,0,NULL,0,996,0,0,0,0,468,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790821995016449,1,80,X'01A0F54F120873C5852E781B6772D7F5',1,1,55,42,'s-192','10.2.57.20','resp_d1e38a197d1a4b6b','req_83818dfc05fa','batch_1/item-40',0,200,3600000000,900000000,0,NULL,0,689,0,0,0,0,593,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790822122069883,1,82,X'01A0F55102557A92B7056C2D8044965A',1,1,3,17,'s-363','10.1.126.46','resp_e9d5a7a1818174a9','req_baa91934bb3d',NULL,0,200,507055,126763,0,NULL,0,232951,1529,0,5598,0,895,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790822693628864,1,84,X'01A0F559BAFC72278839917893042A4D',1,1,56,27,'s-34','10.1.71.101','resp_eea9ba63c1db6c47','req_db19e6131426',NULL,1,200,12073437,3018359,0,NULL,0,679,5229,0,0,0,44,22,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790822757946012,1,86,X'01A0F55AB63A7312A3650B475A4AF4C6',1,1,56,43,'s-344','10.2.191.147','resp_c9b3e7838759ebbf','req_4584d6da67a6',NULL,0,200,2102539,525634,0,NULL,0,1256,3892,0,0,0,338,323,'{"web_search":1}',NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790823174567486,1,88,X'01A0F56111A7702A83C41B2536B16E66',1,1,32,44,'s-97','10.0.75.92','resp_b861096316725acb','req_b56567a81125',NULL,1,200,12606250,3151562,0,NULL,0,488,0,0,0,0,106,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790823493540258,1,90,X'01A0F565EFA479689B068D4608EFFC39',1,1,57,45,'s-347','10.1.53.229','resp_a42869366dba41ec','req_0a8420dcdad5',NULL,0,200,3393750,848437,0,NULL,0,1781,0,0,0,0,27,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790824140481568,1,92,X'01A0F56FCEC1722DBF9B8B33D5B6F6AB',1,1,59,46,'s-377','10.3.41.5','resp_65b8758356c2e48c','req_db2723be3589',NULL,1,200,1165820,291455,0,NULL,0,836,0,0,0,0,199,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790824517054416,1,94,X'01A0F5758DBE7154AB60583B0AD89817',1,1,46,47,'s-325','10.0.150.155','resp_1bdaf11b2a76d495','req_b3f2705328a4',NULL,0,200,781787,195446,0,NULL,0,218,0,0,0,0,0,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790824763727016,1,96,X'01A0F579514F791990B7E18F84A855B0',1,1,3,48,'s-236','10.1.164.137','resp_eec121b47176da16','req_2aa26b585d2b',NULL,0,200,1748046,437011,0,NULL,0,517,8449,0,0,0,118,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790825172576611,1,98,X'01A0F57F8E60733C96F140A67C0450F8',1,1,22,49,'s-223','10.1.84.132','resp_3f1e7846ac482b01','req_fe696222cbba',NULL,1,200,3284179,821044,0,NULL,0,15862,29613,1369,0,0,850,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790825732654780,1,100,X'01A0F5881A2E7865A748D36487670D66',1,1,28,50,'s-260','10.0.123.132','resp_7865a39a5e3e288f','req_e5b974ffadd3',NULL,0,200,2066015,516503,0,NULL,0,293,10967,0,0,0,290,0,NULL,NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1790916626758153,1,102,X'01A0FAF3094679EE922B0F32E907A73E',1,1,7,51,'s-89','10.3.53.241','resp_60d547877ee8e9c6','req_083f529b0e0c',NULL,1,200,677856,169464,0,NULL,0,5554,182875,0,0,0,205,0,'{"web_search":1}',NULL,NULL,NULL);
INSERT INTO "requests_2026_10" VALUES(1791183020334221,1,103,X'01A10AD3E12E75B7AC9B7F5935D2B374',1,1,55,52,'s-90','10.1.202.218','resp_821b15f0c66b34da','req_7e34d915a315','batch_9/item-373',0,200,3600000000,900000000,0,NULL,0,785,42951,1233,0,0,882,0,'{"web_search":1}',NULL,NULL,NULL);
CREATE TABLE rules_texts(version TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE segment_slots(segment INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY(segment, slot))
  STRICT, WITHOUT ROWID;
INSERT INTO "segment_slots" VALUES(1,1989756);
INSERT INTO "segment_slots" VALUES(1,1989772);
INSERT INTO "segment_slots" VALUES(1,1989777);
INSERT INTO "segment_slots" VALUES(1,1989783);
INSERT INTO "segment_slots" VALUES(1,1989785);
INSERT INTO "segment_slots" VALUES(1,1989787);
INSERT INTO "segment_slots" VALUES(1,1989788);
INSERT INTO "segment_slots" VALUES(1,1989789);
INSERT INTO "segment_slots" VALUES(1,1989790);
INSERT INTO "segment_slots" VALUES(1,1989791);
INSERT INTO "segment_slots" VALUES(1,1989792);
INSERT INTO "segment_slots" VALUES(1,1989793);
INSERT INTO "segment_slots" VALUES(1,1989794);
INSERT INTO "segment_slots" VALUES(1,1989795);
INSERT INTO "segment_slots" VALUES(1,1989796);
INSERT INTO "segment_slots" VALUES(1,1989797);
INSERT INTO "segment_slots" VALUES(1,1989798);
INSERT INTO "segment_slots" VALUES(1,1989799);
INSERT INTO "segment_slots" VALUES(1,1989800);
INSERT INTO "segment_slots" VALUES(1,1989801);
INSERT INTO "segment_slots" VALUES(1,1989802);
INSERT INTO "segment_slots" VALUES(1,1989803);
INSERT INTO "segment_slots" VALUES(1,1989804);
INSERT INTO "segment_slots" VALUES(1,1989805);
INSERT INTO "segment_slots" VALUES(1,1989806);
INSERT INTO "segment_slots" VALUES(1,1989907);
INSERT INTO "segment_slots" VALUES(1,1990203);
INSERT INTO "segment_slots" VALUES(1,1991252);
INSERT INTO "segment_slots" VALUES(2,1987205);
INSERT INTO "segment_slots" VALUES(2,1987217);
INSERT INTO "segment_slots" VALUES(2,1987959);
INSERT INTO "segment_slots" VALUES(2,1988317);
INSERT INTO "segment_slots" VALUES(2,1988374);
INSERT INTO "segment_slots" VALUES(2,1989647);
CREATE TABLE segments(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  file_bytes INTEGER NOT NULL, file_modified_ns INTEGER NOT NULL, file_suffix TEXT NOT NULL,
  bytes INTEGER NOT NULL, lines INTEGER NOT NULL, sha256 TEXT NOT NULL,
  usages INTEGER NOT NULL, duplicates INTEGER NOT NULL,
  rejected INTEGER NOT NULL, control INTEGER NOT NULL
) STRICT;
INSERT INTO "segments" VALUES(1,'2026/10/05/03-w-hand-1.jsonl',81111,1795825720950035949,'',81111,104,'8a938b0df567cbfd17a72ebd6f69d55c9e6763d105a9d5f6fdc1e9f1493728fc',54,0,0,50);
INSERT INTO "segments" VALUES(2,'litellm:spend.jsonl',7585,1795825720978111117,'none',7585,6,'a0280b6de7bebf5f874a21fb3fbcb79dccf1045ce8716bbdd86dbe00edb38fff',5,1,0,0);
CREATE TABLE source_files(
  segment INTEGER PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT;
INSERT INTO "source_files" VALUES(2,6,7585,'a0280b6de7bebf5f874a21fb3fbcb79dccf1045ce8716bbdd86dbe00edb38fff');
CREATE TABLE source_ids(id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO "source_ids" VALUES('chatcmpl-7-0');
INSERT INTO "source_ids" VALUES('chatcmpl-7-1');
INSERT INTO "source_ids" VALUES('chatcmpl-7-2');
INSERT INTO "source_ids" VALUES('chatcmpl-7-3');
INSERT INTO "source_ids" VALUES('chatcmpl-7-4');
CREATE TABLE taken(
  writer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
  PRIMARY KEY(writer, first)) STRICT, WITHOUT ROWID;
INSERT INTO "taken" VALUES('w-hand',1,104,1790780482810948,1792127486205352);
CREATE TABLE usage_slot_meters(
  slot INTEGER NOT NULL, facet INTEGER NOT NULL, outcome INTEGER NOT NULL, status INTEGER NOT NULL,
  meter TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY(slot, facet, outcome, status, meter)) STRICT, WITHOUT ROWID;
INSERT INTO "usage_slot_meters" VALUES(1989803,45,0,200,'web_search',1);
INSERT INTO "usage_slot_meters" VALUES(1989907,8,0,200,'web_search',1);
INSERT INTO "usage_slot_meters" VALUES(1990203,36,0,200,'web_search',1);
CREATE TABLE usage_slots(
  slot INTEGER NOT NULL,         -- quarters of an hour since 1970
  facet INTEGER NOT NULL, outcome INTEGER NOT NULL,
  status INTEGER NOT NULL,       -- 0 for none
  requests INTEGER NOT NULL, final_requests INTEGER NOT NULL,
  duration_us INTEGER NOT NULL, durations INTEGER NOT NULL,
  first_byte_us INTEGER NOT NULL, first_bytes INTEGER NOT NULL,
  input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
  cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
  output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  PRIMARY KEY(slot, facet, outcome, status)) STRICT, WITHOUT ROWID;
INSERT INTO "usage_slots" VALUES(1987205,65,0,0,1,1,3574000,1,0,0,1540,18717,0,0,0,763,0);
INSERT INTO "usage_slots" VALUES(1987217,63,0,0,1,1,6699000,1,0,0,3478,0,371,564,0,122,0);
INSERT INTO "usage_slots" VALUES(1987959,62,0,0,1,1,1608000,1,0,0,594,0,2666,49,0,1682,0);
INSERT INTO "usage_slots" VALUES(1988374,66,0,0,1,1,3145000,1,0,0,6368,0,0,0,0,644,0);
INSERT INTO "usage_slots" VALUES(1989647,64,0,0,1,1,3161000,1,0,0,7033,1526,0,0,0,273,0);
INSERT INTO "usage_slots" VALUES(1989756,2,0,200,1,1,5507812,1,1376953,1,1235,0,0,0,0,5594,429);
INSERT INTO "usage_slots" VALUES(1989772,4,0,200,1,1,2856640,1,714160,1,312,0,0,0,0,115,0);
INSERT INTO "usage_slots" VALUES(1989777,6,0,200,1,1,827978,1,206994,1,392,0,0,0,0,120,39);
INSERT INTO "usage_slots" VALUES(1989783,8,0,200,1,1,3142382,1,785595,1,839,25976,0,0,0,358,0);
INSERT INTO "usage_slots" VALUES(1989785,8,0,200,1,1,1774902,1,443725,1,34425,86093,0,0,0,121,0);
INSERT INTO "usage_slots" VALUES(1989787,10,0,200,1,1,3600000000,1,900000000,1,925,3830,0,0,0,1564,0);
INSERT INTO "usage_slots" VALUES(1989788,10,0,200,1,1,3600000000,1,900000000,1,2417,0,0,0,0,103,0);
INSERT INTO "usage_slots" VALUES(1989789,13,0,200,1,1,1786718,1,446679,1,3173,3629,0,0,0,1933,0);
INSERT INTO "usage_slots" VALUES(1989789,15,0,200,1,1,1999414,1,499853,1,597,0,0,0,0,0,0);
INSERT INTO "usage_slots" VALUES(1989790,17,0,200,1,1,4192968,1,1048242,1,1830,0,0,0,0,504,0);
INSERT INTO "usage_slots" VALUES(1989791,19,0,200,1,1,2259375,1,564843,1,1465,0,0,0,0,155,154);
INSERT INTO "usage_slots" VALUES(1989791,21,0,200,1,1,1611621,1,402905,1,215,2360,0,0,0,262,0);
INSERT INTO "usage_slots" VALUES(1989792,23,0,200,1,1,790380,1,197595,1,2231,63679,0,0,0,746,0);
INSERT INTO "usage_slots" VALUES(1989792,25,1,529,1,0,1368847,1,342211,1,0,0,0,0,0,0,0);
INSERT INTO "usage_slots" VALUES(1989792,27,0,200,1,1,2737694,1,684423,1,806,0,0,0,0,271,0);
INSERT INTO "usage_slots" VALUES(1989793,13,0,200,1,1,2527929,1,631982,1,7002,667,0,0,0,236,0);
INSERT INTO "usage_slots" VALUES(1989793,30,0,200,1,1,3166015,1,791503,1,63,4946,0,0,0,341,0);
INSERT INTO "usage_slots" VALUES(1989794,2,0,200,1,1,2480664,1,620166,1,350,0,0,0,0,643,244);
INSERT INTO "usage_slots" VALUES(1989794,21,0,200,1,1,5288671,1,1322167,1,517,6611,0,0,0,1020,0);
INSERT INTO "usage_slots" VALUES(1989794,30,0,200,1,1,1817871,1,454467,1,332,0,0,0,0,1379,0);
INSERT INTO "usage_slots" VALUES(1989795,2,0,200,1,1,5129687,1,1282421,1,244,33665,0,0,0,326,184);
INSERT INTO "usage_slots" VALUES(1989795,13,0,200,1,1,705517,1,176379,1,384,0,0,0,0,217,0);
INSERT INTO "usage_slots" VALUES(1989795,34,0,200,1,1,941308,1,235327,1,980,0,0,0,0,419,0);
INSERT INTO "usage_slots" VALUES(1989796,13,0,200,1,1,1909179,1,477294,1,583,0,0,0,0,407,0);
INSERT INTO "usage_slots" VALUES(1989796,17,0,200,1,1,4751562,1,1187890,1,517,0,0,0,0,271,0);
INSERT INTO "usage_slots" VALUES(1989796,36,0,200,1,1,3600000000,1,900000000,1,2160,0,0,0,0,77,0);
INSERT INTO "usage_slots" VALUES(1989797,38,3,429,1,1,42,1,0,0,0,0,0,0,0,0,0);
INSERT INTO "usage_slots" VALUES(1989797,40,0,200,1,1,1855468,1,463867,1,238,0,0,0,0,2421,0);
INSERT INTO "usage_slots" VALUES(1989797,42,4,200,1,1,4854687,1,1213671,1,317234,0,0,0,0,361,89);
INSERT INTO "usage_slots" VALUES(1989798,8,0,200,1,1,3372265,1,843066,1,15206,3845,0,0,0,161,0);
INSERT INTO "usage_slots" VALUES(1989798,34,0,200,1,1,18295312,1,4573828,1,4616,0,0,0,0,268,0);
INSERT INTO "usage_slots" VALUES(1989798,45,0,200,1,1,1521386,1,380346,1,2777,3334,0,0,0,1257,431);
INSERT INTO "usage_slots" VALUES(1989799,4,0,200,1,1,2766406,1,691601,1,1280,0,0,0,0,245,0);
INSERT INTO "usage_slots" VALUES(1989799,15,0,200,1,1,2656835,1,664208,1,512,0,0,0,0,0,0);
INSERT INTO "usage_slots" VALUES(1989799,48,0,200,1,1,9357812,1,2339453,1,681,0,0,0,0,105,0);
INSERT INTO "usage_slots" VALUES(1989800,8,0,200,1,1,2349609,1,587402,1,982,68355,675,0,0,142,0);
INSERT INTO "usage_slots" VALUES(1989800,50,0,200,1,1,3245507,1,811376,1,2170,88988,0,0,0,2147,1674);
INSERT INTO "usage_slots" VALUES(1989800,52,0,200,1,1,6057812,1,1514453,1,3309,64125,2071,0,0,190,0);
INSERT INTO "usage_slots" VALUES(1989801,13,0,200,1,1,3814843,1,953710,1,279,0,0,0,0,1071,0);
INSERT INTO "usage_slots" VALUES(1989801,34,0,200,1,1,1293652,1,323413,1,392,0,0,0,0,60,0);
INSERT INTO "usage_slots" VALUES(1989801,54,0,200,1,1,12236718,1,3059179,1,996,0,0,0,0,468,0);
INSERT INTO "usage_slots" VALUES(1989802,4,0,200,1,1,507055,1,126763,1,232951,1529,0,5598,0,895,0);
INSERT INTO "usage_slots" VALUES(1989802,36,0,200,1,1,3600000000,1,900000000,1,689,0,0,0,0,593,0);
INSERT INTO "usage_slots" VALUES(1989802,45,0,200,1,1,12073437,1,3018359,1,679,5229,0,0,0,44,22);
INSERT INTO "usage_slots" VALUES(1989803,21,0,200,1,1,12606250,1,3151562,1,488,0,0,0,0,106,0);
INSERT INTO "usage_slots" VALUES(1989803,45,0,200,1,1,2102539,1,525634,1,1256,3892,0,0,0,338,323);
INSERT INTO "usage_slots" VALUES(1989803,58,0,200,1,1,3393750,1,848437,1,1781,0,0,0,0,27,0);
INSERT INTO "usage_slots" VALUES(1989804,13,0,200,1,1,1165820,1,291455,1,836,0,0,0,0,199,0);
INSERT INTO "usage_slots" VALUES(1989805,4,0,200,1,1,1748046,1,437011,1,517,8449,0,0,0,118,0);
INSERT INTO "usage_slots" VALUES(1989805,15,0,200,1,1,781787,1,195446,1,218,0,0,0,0,0,0);
INSERT INTO "usage_slots" VALUES(1989805,23,0,200,1,1,3284179,1,821044,1,15862,29613,1369,0,0,850,0);
INSERT INTO "usage_slots" VALUES(1989806,13,0,200,1,1,2066015,1,516503,1,293,10967,0,0,0,290,0);
INSERT INTO "usage_slots" VALUES(1989907,8,0,200,1,1,677856,1,169464,1,5554,182875,0,0,0,205,0);
INSERT INTO "usage_slots" VALUES(1990203,36,0,200,1,1,3600000000,1,900000000,1,785,42951,1233,0,0,882,0);
CREATE TABLE vendor_statements(
  segment INTEGER NOT NULL, line INTEGER NOT NULL,
  kind TEXT NOT NULL,            -- which of the vendor's reports says it
  provider TEXT NOT NULL,
  day INTEGER NOT NULL,          -- since 1970, in UTC
  model TEXT NOT NULL, profile TEXT NOT NULL, femtodollars TEXT, requests INTEGER,
  counts TEXT,                   -- JSON object of meters
  PRIMARY KEY(segment, line)) STRICT, WITHOUT ROWID;
CREATE INDEX closed_adjustments_for ON closed_adjustments(for_period);
CREATE INDEX vendor_statements_day ON vendor_statements(day);
CREATE INDEX open_requests_id ON open_requests(id);
CREATE INDEX requests_2026_09_response_id ON requests_2026_09(response_id) WHERE response_id IS NOT NULL;
CREATE INDEX requests_2026_09_vendor_request_id ON requests_2026_09(vendor_request_id) WHERE vendor_request_id IS NOT NULL;
CREATE INDEX requests_2026_10_response_id ON requests_2026_10(response_id) WHERE response_id IS NOT NULL;
CREATE INDEX requests_2026_10_vendor_request_id ON requests_2026_10(vendor_request_id) WHERE vendor_request_id IS NOT NULL;
COMMIT;
