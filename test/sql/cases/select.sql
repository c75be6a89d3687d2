-- WHERE, GROUP BY, HAVING, ORDER BY, joins, set operations, subqueries.
CREATE TABLE emp (id int, name text, dept text, salary numeric(10,2), hired date, boss int);
INSERT INTO emp VALUES (1, 'ann', 'eng', 5000.00, '2020-01-15', NULL), (2, 'bob', 'eng', 4000.50, '2021-06-01', 1), (3, 'cat', 'ops', 3000, '2019-03-20', 1), (4, 'dan', NULL, NULL, NULL, 3), (5, 'eve', 'ops', 3000, '2022-12-31', 3), (6, 'fay', 'hr', 0, '2020-01-15', NULL);
CREATE TABLE dept (dept text, title text, budget double precision);
INSERT INTO dept VALUES ('eng', 'Engineering', 1e6), ('ops', 'Operations', 2.5e5), ('law', 'Legal', NULL), (NULL, 'Nothing', 0);
CREATE TABLE empty (a int, b text);
SELECT * FROM emp ORDER BY id;
SELECT emp.*, id + 1 AS next FROM emp WHERE salary > 3000 ORDER BY salary DESC;
SELECT name FROM emp WHERE dept = 'eng' AND (salary > 4500 OR boss = 1);
SELECT name FROM emp WHERE dept <> 'eng';
SELECT name FROM emp WHERE NOT (dept = 'eng');
SELECT name FROM emp WHERE dept IS NULL OR salary IS NULL;
SELECT name FROM emp WHERE salary BETWEEN 3000 AND 4500 AND hired > '2019-12-31';
SELECT name FROM emp WHERE dept IN ('eng', 'hr') AND name LIKE '%a%';
SELECT name FROM emp WHERE id NOT IN (1, 2, 3);
SELECT dept, count(*), count(salary), sum(salary), avg(salary), min(name), max(hired) FROM emp GROUP BY dept;
SELECT dept, count(*) AS n FROM emp GROUP BY dept HAVING count(*) > 1 ORDER BY n DESC, dept;
SELECT dept, sum(salary) FROM emp GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1;
SELECT upper(dept) AS d, count(*) FROM emp GROUP BY d ORDER BY d NULLS FIRST;
SELECT upper(dept), count(*) FROM emp GROUP BY upper(dept) HAVING sum(salary) > 1;
SELECT extract(year from hired) AS y, count(*) FROM emp GROUP BY y ORDER BY y;
SELECT dept, boss, count(*) FROM emp GROUP BY dept, boss;
SELECT count(*) FROM empty;
SELECT sum(a), min(b), avg(a), count(a), bool_and(a > 0) FROM empty;
SELECT a, count(*) FROM empty GROUP BY a;
SELECT count(*) FROM emp HAVING count(*) > 100;
SELECT 1 FROM emp HAVING true;
SELECT name, count(*) FROM emp;
SELECT name FROM emp GROUP BY dept;
SELECT dept, name, count(*) FROM emp GROUP BY dept;
SELECT count(*) FROM emp WHERE count(*) > 1;
SELECT sum(sum(salary)) FROM emp;
SELECT count(DISTINCT dept), count(DISTINCT salary), sum(DISTINCT salary), avg(DISTINCT salary), min(DISTINCT id) FROM emp;
SELECT count(*) FILTER (WHERE salary > 3000), sum(salary) FILTER (WHERE dept = 'eng'), count(DISTINCT dept) FILTER (WHERE id > 2) FROM emp;
SELECT dept, count(*) FILTER (WHERE boss IS NULL) AS top, sum(id) FILTER (WHERE false) FROM emp GROUP BY dept;
SELECT bool_and(salary > 0), bool_or(salary > 4000), every(id > 0) FROM emp;
-- later
SELECT stddev(salary), variance(salary), stddev_pop(id), var_samp(id), var_pop(id::float8) FROM emp;
-- later
SELECT bit_and(id), bit_or(id), bit_xor(id) FROM emp;
-- later
SELECT array_agg(id) FROM emp;
-- later
SELECT string_agg(name, ', ' ORDER BY name) FROM emp;
-- later
SELECT dept, string_agg(DISTINCT name, ',') FROM emp GROUP BY dept;
SELECT avg(id), avg(salary), avg(budget), sum(id), sum(id::bigint), sum(id::smallint), sum(budget), avg(id::float8) FROM emp LEFT JOIN dept USING (dept);
SELECT DISTINCT dept FROM emp;
SELECT DISTINCT salary, dept FROM emp ORDER BY salary, dept;
-- later
SELECT DISTINCT ON (dept) dept, name FROM emp ORDER BY dept, name;
SELECT DISTINCT dept FROM emp ORDER BY name;
SELECT name FROM emp ORDER BY salary DESC, name LIMIT 2;
SELECT name FROM emp ORDER BY salary NULLS FIRST, name LIMIT 3 OFFSET 1;
SELECT name FROM emp ORDER BY id OFFSET 4;
SELECT name FROM emp ORDER BY id LIMIT 0;
SELECT name FROM emp ORDER BY id LIMIT NULL;
SELECT name FROM emp ORDER BY id LIMIT ALL OFFSET 5;
SELECT name FROM emp ORDER BY id FETCH FIRST 2 ROWS ONLY;
SELECT name FROM emp ORDER BY id LIMIT -1;
SELECT name FROM emp ORDER BY id OFFSET -1;
SELECT name FROM emp ORDER BY 1 DESC;
SELECT name FROM emp ORDER BY 2;
SELECT name FROM emp ORDER BY nothing;
SELECT name AS n FROM emp ORDER BY n || 'x';
SELECT name AS n FROM emp ORDER BY length(name), n DESC;
SELECT id, -id AS m FROM emp ORDER BY m;
SELECT id % 2 AS odd, count(*) FROM emp GROUP BY id % 2 ORDER BY id % 2;
SELECT e.name, d.title FROM emp e JOIN dept d ON e.dept = d.dept;
SELECT e.name, d.title FROM emp e LEFT JOIN dept d ON e.dept = d.dept ORDER BY e.id;
SELECT e.name, d.title FROM emp e RIGHT JOIN dept d ON e.dept = d.dept;
-- later
SELECT e.name, d.title FROM emp e FULL JOIN dept d ON e.dept = d.dept;
SELECT e.name, d.title FROM emp e CROSS JOIN dept d;
SELECT e.name, d.title FROM emp e, dept d WHERE e.dept = d.dept AND d.budget > 300000;
SELECT * FROM emp JOIN dept USING (dept) ORDER BY id;
SELECT * FROM emp LEFT JOIN dept USING (dept) ORDER BY id;
SELECT dept, name, title FROM emp NATURAL JOIN dept;
SELECT e.name, b.name AS boss FROM emp e JOIN emp b ON e.boss = b.id;
SELECT e.name, b.name AS boss FROM emp e LEFT JOIN emp b ON e.boss = b.id AND b.salary > 4000 ORDER BY e.id;
SELECT e.name, b.name FROM emp e JOIN emp b ON e.salary < b.salary;
SELECT e.name, b.name FROM emp e LEFT JOIN emp b ON e.salary < b.salary AND e.dept = b.dept;
SELECT a.name, b.name, d.title FROM emp a JOIN emp b ON a.boss = b.id LEFT JOIN dept d ON d.dept = a.dept WHERE b.name <> 'zed';
SELECT d.title, count(e.id), sum(e.salary) FROM dept d LEFT JOIN emp e USING (dept) GROUP BY d.title;
SELECT count(*) FROM emp a JOIN emp b ON true;
SELECT count(*) FROM emp a LEFT JOIN empty b ON a.id = b.a;
SELECT dept FROM emp JOIN dept ON emp.dept = dept.dept;
SELECT emp.nothing FROM emp;
SELECT nothing FROM emp;
SELECT * FROM nothing;
SELECT e.id FROM emp AS x;
SELECT * FROM emp x JOIN emp x ON true;
SELECT * FROM emp JOIN dept USING (name);
SELECT name FROM emp JOIN dept ON emp.salary;
SELECT 1 UNION ALL SELECT 1 UNION ALL SELECT 2;
SELECT 1 UNION SELECT 1 UNION SELECT 2;
SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2.5, 'y';
SELECT 1 UNION ALL SELECT NULL;
SELECT NULL UNION ALL SELECT 1;
SELECT 1 UNION ALL SELECT 'a';
SELECT 1 UNION ALL SELECT 'a'::text;
SELECT 1, 2 UNION ALL SELECT 1;
SELECT id FROM emp UNION ALL SELECT budget FROM dept;
SELECT name FROM emp UNION SELECT title FROM dept ORDER BY 1;
SELECT name AS n FROM emp WHERE id < 3 UNION ALL SELECT title FROM dept ORDER BY n LIMIT 3;
-- later
SELECT dept FROM emp EXCEPT SELECT dept FROM dept;
-- later
SELECT dept FROM emp INTERSECT SELECT dept FROM dept;
(SELECT name FROM emp ORDER BY id LIMIT 1) UNION ALL (SELECT name FROM emp ORDER BY id DESC LIMIT 1);
SELECT * FROM (SELECT dept, sum(salary) AS s FROM emp GROUP BY dept) t WHERE s > 3000;
SELECT t.n, count(*) FROM (SELECT length(name) AS n FROM emp) AS t GROUP BY t.n;
SELECT x.a, x.b FROM (SELECT id, name FROM emp) AS x(a, b) WHERE x.a = 1;
SELECT * FROM (SELECT 1);
SELECT * FROM (SELECT 1) AS t;
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(id, name) JOIN emp USING (id);
WITH s AS (SELECT dept, sum(salary) AS total FROM emp GROUP BY dept) SELECT * FROM s WHERE total > 100 ORDER BY total;
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM a, b;
WITH a(p, q) AS (SELECT id, name FROM emp) SELECT q FROM a WHERE p < 3 UNION ALL SELECT q FROM a WHERE p > 5;
-- later
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r;
SELECT name FROM emp WHERE dept IN (SELECT dept FROM dept WHERE budget > 0);
-- later
SELECT name FROM emp WHERE dept NOT IN (SELECT dept FROM dept WHERE dept IS NOT NULL);
SELECT name FROM emp WHERE EXISTS (SELECT 1 FROM dept WHERE dept.dept = emp.dept);
SELECT name FROM emp WHERE NOT EXISTS (SELECT 1 FROM dept WHERE dept.dept = emp.dept);
SELECT name FROM emp WHERE salary = (SELECT max(salary) FROM emp);
SELECT name, (SELECT count(*) FROM dept) AS n FROM emp ORDER BY id;
-- later
SELECT name FROM emp e WHERE salary > (SELECT avg(salary) FROM emp x WHERE x.dept = e.dept);
-- later
SELECT (SELECT id FROM emp);
SELECT (SELECT id, name FROM emp WHERE id = 1);
-- later
SELECT (SELECT id FROM emp WHERE id = 100);
VALUES (1, 'a'), (2, NULL), (3, 'c');
VALUES (1), (2.5), (NULL);
VALUES (1, 2), (3);
SELECT * FROM (VALUES (1), (2)) v ORDER BY column1 DESC;
SELECT * FROM generate_series(1, 5);
SELECT * FROM generate_series(5, 1, -2) AS g(x);
SELECT x, x * x FROM generate_series(1, 3) x;
SELECT sum(x) FROM generate_series(1, 100000) x;
SELECT count(*) FROM generate_series(1, 0);
SELECT * FROM generate_series(1, 5, 0);
-- later
SELECT generate_series(1, 3);
-- later
SELECT * FROM generate_series(1.0, 2.0, 0.5) x;
-- later
SELECT row_number() OVER (ORDER BY id) FROM emp;
-- later
SELECT * FROM emp TABLESAMPLE SYSTEM (10);
-- later
SELECT * FROM emp FOR UPDATE;
-- later
SELECT dept, count(*) FROM emp GROUP BY ROLLUP (dept);
-- later
SELECT dept, count(*) FROM emp GROUP BY GROUPING SETS ((dept), ());
-- later
SELECT * FROM emp, LATERAL (SELECT emp.id + 1) t;
TABLE dept;
SELECT ALL 1;
SELECT;
SELECT FROM emp;
SELECT * ;
SELEC 1;
SELECT 1 +;
SELECT (1;
SELECT "";
SELECT 1 2;
SELECT id, FROM emp;
SELECT * FROM emp WHERE;
SELECT * FROM emp GROUP;
-- A function over the values of a join's side of which some are NULL.
SELECT e.name, floor(x.s), -x.s, upper(x.d) FROM emp e JOIN (SELECT id, avg(salary) AS s, min(dept) AS d FROM emp GROUP BY id) x ON e.id = x.id;
-- A join whose rows come in two batches, of which each shows a part of the other side's values.
CREATE TABLE parts (b bigint, v varchar(5), t text);
INSERT INTO parts VALUES (1, 'ab', 'a'), (1, NULL, 'b'), (1, 'x', 'c'), (2, 'y', 'a'), (3, 'z', 'q'), (3, 'ab', 'q');
CREATE TABLE marks (t text);
INSERT INTO marks VALUES ('a'), ('a'), ('b');
SELECT a.b, v FROM (SELECT parts.b FROM parts LEFT JOIN marks USING (t)) a LEFT JOIN parts ON a.b = parts.b WHERE v <> 'ab' ORDER BY 1, 2;
SELECT a.b, v, v || '!' FROM (SELECT parts.b FROM parts LEFT JOIN marks USING (t)) a LEFT JOIN parts ON a.b = parts.b ORDER BY 1, 2;
-- A cast over an expression that GROUP BY has too.
SELECT ((-1.25::float8 + id))::numeric AS c, (coalesce(id, -2) * 2)::text FROM emp GROUP BY (-1.25::float8 + id), coalesce(id, -2) * 2 ORDER BY 1;
SELECT 1 UNION ALL SELECT date '2024-01-31';
SELECT 1 UNION ALL SELECT CAST('2024-01-31' AS date);
SELECT 1 UNION ALL SELECT timestamp '2024-01-31' - timestamp '2024-01-30';
-- later
CREATE RECURSIVE VIEW r (a) AS SELECT 1;
SELECT timestamp '2024-01-01' UNION ALL SELECT timestamptz '2024-01-01 00:00Z';
SELECT '{}'::json UNION SELECT '{}'::json;
SELECT count(DISTINCT x) FROM (SELECT '{}'::json AS x) t;
SELECT * FROM a.b.c;
-- The last one, as its quote is not closed.
SELECT 'abc;
