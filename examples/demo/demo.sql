-- What the demo serves: `leat serve --data DIR examples/demo/demo.sql`.

-- A topic of plain lines, and how many came in each minute.
CREATE TABLE dpkg (line text) WITH (format = 'text');
CREATE MATERIALIZED VIEW dpkg_per_minute AS
    SELECT substr(line, 1, 16) AS minute, count(*) AS n FROM dpkg GROUP BY 1;

-- The fraud example: JSON in, alerts out, and what each user has spent.
CREATE TABLE transactions (id text, user_id bigint, amount numeric(12,2), ts timestamptz)
    WITH (partitions = 4, format = 'json');
CREATE SINK fraud_alerts AS
    SELECT id, 'High value: ' || id AS alert FROM transactions WHERE amount > 10000
    WITH (connector = 'log', topic = 'fraud-alerts', format = 'json');
CREATE MATERIALIZED VIEW spend AS
    SELECT user_id, count(*) AS n, sum(amount) AS total FROM transactions GROUP BY user_id;

-- Money that moves between accounts: each transfer is one INSERT of two rows, so no answer may show half of one.
CREATE TABLE transfers (account int, amount numeric(12,2)) WITH (partitions = 4);
CREATE MATERIALIZED VIEW balances AS
    SELECT account, sum(amount) AS balance FROM transfers GROUP BY account;
