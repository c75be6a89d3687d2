-- DDL, INSERT, transactions, cursors, prepared statements, COPY, settings.
CREATE TABLE t (a int, b text, c numeric(10,2), d double precision, e timestamptz, f bool, g bytea, h date);
CREATE TABLE t (a int);
CREATE TABLE IF NOT EXISTS t (a int);
INSERT INTO t VALUES (1, 'one', 1.005, 1.5, '2024-01-15 10:00+00', true, '\x01', '2024-01-15');
INSERT INTO t (b, a) VALUES ('two', 2), (NULL, NULL);
INSERT INTO t SELECT 10 + x, 'row ' || x FROM generate_series(1, 3) x;
INSERT INTO t DEFAULT VALUES;
INSERT INTO t (a) VALUES (DEFAULT);
INSERT INTO t (a) VALUES ('x');
-- wording
INSERT INTO t (a) VALUES (99999999999);
-- wording
INSERT INTO t (c) VALUES (123456789.12);
INSERT INTO t (c) VALUES (12345678.125), (-0.005), (1e3);
INSERT INTO t (nothing) VALUES (1);
INSERT INTO t (a, a) VALUES (1, 2);
INSERT INTO t (a, b) VALUES (1);
INSERT INTO t (a) VALUES (1, 2);
INSERT INTO nothing VALUES (1);
INSERT INTO t (a, f) VALUES (20, 'yes'), (21, NULL);
INSERT INTO t (a) VALUES (1.5), (2.5);
INSERT INTO t (a) VALUES ('5'::text);
INSERT INTO t (b) VALUES (5);
INSERT INTO t (h) VALUES ('2024-13-01');
SELECT * FROM t;
SELECT a, c FROM t WHERE c IS NOT NULL ORDER BY c;
SELECT count(*) FROM t;
CREATE TABLE u AS SELECT a, b FROM t WHERE a < 3;
SELECT * FROM u;
CREATE TABLE v (x, y) AS SELECT 1, 'a'::text;
SELECT * FROM v;
CREATE VIEW w AS SELECT a + 1 AS n FROM u;
SELECT * FROM w;
CREATE VIEW w AS SELECT 1;
-- wording
CREATE MATERIALIZED VIEW m AS SELECT b, count(*) AS n FROM t GROUP BY b;
SELECT * FROM m;
DROP TABLE nothing;
DROP TABLE IF EXISTS nothing;
DROP VIEW t;
DROP TABLE w;
DROP TABLE u;
DROP TABLE u CASCADE;
SELECT * FROM w;
BEGIN;
INSERT INTO v VALUES (2, 'b');
SELECT * FROM v;
COMMIT;
SELECT * FROM v;
BEGIN;
INSERT INTO v VALUES (3, 'c');
ROLLBACK;
SELECT * FROM v;
BEGIN;
SELECT 1 / 0;
SELECT 1;
COMMIT;
SELECT 1;
BEGIN;
INSERT INTO v VALUES (4, 'd');
SELECT nothing;
ROLLBACK;
SELECT count(*) FROM v;
COMMIT;
ROLLBACK;
BEGIN;
BEGIN;
END;
START TRANSACTION;
COMMIT WORK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
DECLARE c CURSOR FOR SELECT a FROM t WHERE a > 9 ORDER BY a;
FETCH 2 FROM c;
FETCH NEXT FROM c;
FETCH c;
FETCH ALL c;
FETCH ALL c;
CLOSE c;
FETCH c;
ROLLBACK;
DECLARE c CURSOR FOR SELECT 1;
CLOSE nothing;
PREPARE p AS SELECT a FROM t WHERE a = $1;
EXECUTE p(10 + 1);
EXECUTE p('12');
EXECUTE p;
EXECUTE nothing;
PREPARE p AS SELECT 1;
PREPARE q (int, text) AS SELECT $1 + 1, $2 || 'x';
EXECUTE q(1, 'a');
DEALLOCATE p;
EXECUTE p(1);
DEALLOCATE ALL;
SELECT $1;
COPY v FROM STDIN;
10	ten
11	\N
12	tab\there\\
\.
SELECT * FROM v;
COPY v TO STDOUT;
COPY (SELECT x FROM v ORDER BY x) TO STDOUT;
COPY (SELECT 1, 'a,b', NULL, 'q"q', '') TO STDOUT WITH (FORMAT csv);
COPY (SELECT 1 AS a, 'x' AS b) TO STDOUT WITH (FORMAT csv, HEADER);
COPY (SELECT 1, NULL) TO STDOUT WITH (NULL 'nil', DELIMITER '|');
COPY v FROM STDIN WITH (FORMAT csv);
20,"a ""quoted"" one"
21,
22,""
\.
SELECT * FROM v WHERE x >= 20;
COPY v (y, x) FROM STDIN WITH (FORMAT csv, HEADER);
y,x
swapped,30
\.
SELECT * FROM v WHERE x = 30;
-- wording
COPY v FROM STDIN;
bad	x
\.
-- wording
COPY v FROM STDIN;
1
\.
-- wording
COPY v FROM STDIN;
1	a	b
\.
COPY nothing FROM STDIN;
\.
COPY nothing TO STDOUT;
COPY v (nothing) TO STDOUT;
SELECT count(*) FROM v;
SHOW server_encoding;
SHOW nothing;
SET nothing = 1;
SET statement_timeout = 1000;
SHOW standard_conforming_strings;
SET client_encoding = 'UTF8';
SET DateStyle = 'ISO';
RESET statement_timeout;
SET LOCAL TimeZone = 'UTC';
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ;
-- ignore types
SELECT current_user, session_user, current_schema();
-- later
SELECT set_config('application_name', 'x', false), current_setting('application_name');
SELECT current_setting('nothing');
CREATE TABLE k (id int PRIMARY KEY, v text NOT NULL, n int DEFAULT 7);
INSERT INTO k VALUES (1, 'a'), (2, 'b');
INSERT INTO k VALUES (1, 'again');
INSERT INTO k (id, v) VALUES (3, NULL);
INSERT INTO k (v) VALUES ('x');
SELECT * FROM k ORDER BY id;
CREATE TABLE bad (a int, a text);
CREATE TABLE bad (a nothing);
CREATE TABLE bad (a int PRIMARY KEY, b int PRIMARY KEY);
CREATE TABLE bad (a int, PRIMARY KEY (nothing));
-- error: 42602
CREATE TABLE "Mixed Case" ("A b" int, "select" text);
CREATE TABLE "Mixed_Case" ("A b" int, "select" text);
INSERT INTO "Mixed_Case" VALUES (1, 'x');
SELECT "A b", "select" FROM "Mixed_Case";
DROP TABLE "Mixed_Case";
CREATE TABLE wide (a smallint, b real, c varchar(3), d char(3), e time, f timestamp, g interval, h json, i jsonb, j uuid, k numeric);
INSERT INTO wide VALUES (1, 1.5, 'abc', 'a', '10:00', '2024-01-15 10:00', '1 day', '{"a":1}', '{"b": 2, "a":1}', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 1.500);
SELECT * FROM wide;
INSERT INTO wide (c) VALUES ('abcd');
INSERT INTO wide (c) VALUES ('abc  ');
INSERT INTO wide (j) VALUES ('nope');
INSERT INTO wide (h) VALUES ('{');
SELECT a, b, c, d FROM wide WHERE d = 'a';
DROP TABLE wide, v;
DISCARD ALL;
EXPLAIN SELECT nothing;
-- later
UPDATE k SET v = 'z' WHERE id = 1;
-- later
DELETE FROM k WHERE id = 2;
-- later
TRUNCATE k;
-- later
ALTER TABLE k ADD COLUMN z int;
-- later
CREATE INDEX i ON k (v);
-- later
GRANT SELECT ON k TO leat;
-- later
LISTEN x;
-- later
VACUUM;
-- later
SAVEPOINT x;
-- later
LOCK TABLE k;
