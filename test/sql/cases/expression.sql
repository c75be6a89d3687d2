-- Literals, casts, arithmetic.
SELECT 1;
SELECT 1, 2.50, 'a', NULL, true, -1, 1e3, .5, 2147483647, 2147483648, 9223372036854775807, 9223372036854775808;
SELECT 'it''s', E'a\tb\\n\x41', U&'\0041\00e9', $$dollar $ quoted$$, $tag$a$$b$tag$;
SELECT 'a'
  'b';
SELECT 1 AS a, 2 b, 3 AS "Mixed Case", 4 AS select;
SELECT integer '5', date '2024-01-15', timestamp '2024-01-15 10:00', interval '1 day', bool 't', numeric '1.50';
SELECT '12'::int, '12'::bigint, '-3'::smallint, '1.5'::numeric, '1.5'::real, '1.5'::double precision, 't'::bool, 12::text;
SELECT CAST('12' AS int), CAST(1.5 AS int), CAST(2.5 AS int), CAST(-2.5 AS int), CAST(2.5::float8 AS int), CAST(3.5::float8 AS int);
SELECT 'abc'::int;
SELECT ''::int;
SELECT ' 12 '::int, '+7'::int, '-0'::int;
SELECT '12.5'::int;
SELECT '99999999999'::int;
SELECT '99999999999999999999'::bigint;
SELECT '40000'::smallint;
SELECT 40000::smallint;
SELECT 3000000000::int;
SELECT 1e10::int;
SELECT 'NaN'::float8::int;
SELECT 1::bool, 0::bool, true::int, false::text, 'yes'::bool, 'off'::bool, '1'::bool;
SELECT 'maybe'::bool;
SELECT 1 + 2, 7 - 9, 6 * 7, 7 / 2, -7 / 2, 7 % 3, -7 % 3, 7 % -3, 2 ^ 10, +5, - 5, - -5;
SELECT 1 / 0;
SELECT 1 % 0;
SELECT 1.0 / 0;
SELECT 1.0 % 0;
SELECT 1::float8 / 0;
SELECT 2147483647 + 1;
SELECT -2147483648 - 1;
SELECT 65536 * 65536;
SELECT 2147483647::bigint + 1, 2147483647 + 1::bigint;
SELECT 9223372036854775807 + 1;
SELECT 9223372036854775807 * 2;
SELECT (-9223372036854775808) / -1;
SELECT (-2147483648) / -1;
SELECT (-32768)::smallint / (-1)::smallint;
SELECT -(-2147483648);
SELECT abs(-2147483648);
SELECT -(-32768::smallint);
SELECT 32767::smallint + 1::smallint;
SELECT 200::smallint * 200::smallint;
SELECT 1::smallint + 1, 1::smallint + 1::bigint, 1 + 1.5, 1 + 1.5::float8, 1.5 + 1.5::float8, 1::real + 1, 1::real + 1::numeric, 1::real + 1::float8;
SELECT 1.5 + 2.25, 1.50 - 1.5, 1.5 * 1.50, 10 / 4.0, 1.0 / 3, 2.0 / 3, 1000000.0 / 3, 0.001 / 3, 1 / 3.0000000000;
SELECT 1::numeric / 3, 100::numeric / 7, 1e20::numeric / 3, 1e-10::numeric / 3, 22::numeric / 7.00, 12345678901234567890 / 3;
SELECT 5.5 % 2, -5.5 % 2, 5.5 % -2.25;
SELECT 1.23::numeric(10,1), 1.25::numeric(10,1), 1.35::numeric(3,1), -1.25::numeric(10,1), 99.95::numeric(3,1);
SELECT 999.95::numeric(4,1);
SELECT 100::numeric(2,0);
-- later
SELECT 123456::numeric(4,-2);
-- later
SELECT 1.5::numeric(5,10);
SELECT 12.3::numeric(5), 12.5::numeric(5);
SELECT 'NaN'::numeric, 'NaN'::numeric + 1, 'NaN'::numeric = 'NaN'::numeric, 'NaN'::numeric > 1e100;
SELECT 'Infinity'::numeric, '-inf'::numeric, 'Infinity'::numeric - 1;
SELECT 1e400::numeric * 0, length((1e400)::numeric::text);
SELECT 0.1 + 0.2, 0.1::float8 + 0.2::float8, 0.1::real + 0.2::real;
SELECT 1e15::float8, 1e16::float8, 1e-5::float8, 0.0001::float8, 123456789012345678::float8, 1.0::float8, -0.0::float8, 100::float8;
SELECT 1e6::real, 1e5::real, 123456789::real, 1e-4::real, 1e-5::real, 3.14159265::real, 16777217::real;
SELECT 'Infinity'::float8, '-Infinity'::float8, 'NaN'::float8, 'inf'::real;
SELECT 'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 'Infinity'::float8, 0.0::float8 = -0.0::float8;
SELECT 1e308::float8 * 10;
SELECT 1e-308::float8 / 1e10;
SELECT '1e400'::float8;
SELECT '1e400'::real;
SELECT 1e300::float8::real;
SELECT 2 ^ 0.5, 2::numeric ^ 3, 2.0 ^ 0.5, (-8) ^ 3, 2 ^ -1;
SELECT (-8) ^ 0.5;
-- wording
SELECT 0 ^ -1;
SELECT 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 256 >> 2;
SELECT |/ 25, ||/ 27, @ -5;
SELECT 1 = 1, 1 <> 2, 1 != 2, 1 < 2, 2 <= 2, 3 > 2, 3 >= 4;
SELECT 1 = 1.0, 1 = 1.0::float8, 1::bigint = 1::smallint, 1.50 = 1.5, 'a' = 'a', 'a' < 'b', 'a' < 'B', 'Z' < 'a';
SELECT 1 = 'a';
SELECT '1' = 1, 1 = '1';
SELECT 'a' + 1;
SELECT 'a'::text + 1;
SELECT 1 + 'a'::text;
SELECT true + 1;
SELECT date '2024-01-01' + text 'x';
SELECT NULL + 1, NULL = NULL, NULL <> 1, NOT NULL;
SELECT true AND NULL, false AND NULL, true OR NULL, false OR NULL, NOT true;
SELECT NULL IS NULL, 1 IS NULL, 1 IS NOT NULL, true IS TRUE, NULL IS TRUE, NULL IS NOT TRUE, NULL IS UNKNOWN, false IS NOT FALSE;
SELECT 1 IS DISTINCT FROM NULL, NULL IS DISTINCT FROM NULL, 1 IS NOT DISTINCT FROM 1, 1 IS DISTINCT FROM 2;
SELECT 5 BETWEEN 1 AND 10, 5 NOT BETWEEN 1 AND 10, 5 BETWEEN 10 AND 1, 5 BETWEEN SYMMETRIC 10 AND 1, NULL BETWEEN 1 AND 2;
SELECT 1 IN (1, 2), 3 IN (1, 2), 3 NOT IN (1, 2), NULL IN (1), 1 IN (NULL), 1 IN (1, NULL), 1 NOT IN (2, NULL), 'a' IN ('a', 'b'), 1.5 IN (1, 1.5);
SELECT CASE WHEN true THEN 1 ELSE 2 END, CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END, CASE WHEN false THEN 1 END, CASE WHEN NULL THEN 1 ELSE 2.5 END;
SELECT CASE WHEN true THEN 1 ELSE 'a' END;
SELECT CASE WHEN true THEN 1 ELSE 'a'::text END;
SELECT CASE WHEN 1 = 1 THEN 5 ELSE 1 / 0 END;
SELECT CASE WHEN 1 THEN 2 END;
SELECT coalesce(NULL, 1), coalesce(NULL, NULL), coalesce(1, 1 / 0), coalesce(NULL, 1, 2.5), nullif(1, 1), nullif(1, 2), nullif('a', 'b');
SELECT greatest(1, 3, 2), least(1, NULL, 2), greatest(NULL, NULL), greatest(1, 2.5), least('b', 'a');
SELECT abs(-5), abs(-5.5), abs(-5.5::float8), sign(-3), sign(2.5), sign(0::float8);
SELECT round(2.5), round(-2.5), round(2.567, 2), round(1234.5, -2), round(2.5::float8), round(3.5::float8), round(-0.4::float8);
SELECT floor(2.7), floor(-2.7), ceil(2.1), ceiling(-2.1), trunc(2.7), trunc(-2.7), trunc(2.789, 2), floor(2.7::float8), ceil(2.1::float8), trunc(-2.7::float8);
SELECT mod(7, 3), mod(-7, 3), mod(7.5, 2), div(7, 2), div(-7.5, 2), gcd(12, 18), lcm(4, 6);
SELECT mod(1, 0);
SELECT power(2, 10), power(2.0, 3), power(2::float8, 0.5), sqrt(2), sqrt(2.0), sqrt(2::float8), cbrt(27), exp(0), exp(1.0), exp(1::float8);
SELECT ln(10.0), ln(10::float8), log(100), log(100.0), log(2.0, 8.0), log10(1000), ln(1);
SELECT sqrt(-1);
-- wording
SELECT ln(0);
-- wording
SELECT ln(-1.0);
-- wording
SELECT log(0.0);
SELECT pi(), degrees(pi()), radians(180), sin(1), cos(1), tan(1), asin(1), acos(1), atan(1), atan2(1, 2);
-- later
SELECT cot(1);
SELECT sinh(1), tanh(1);
-- later
SELECT cosh(1);
SELECT width_bucket(5.35, 0.024, 10.06, 5), width_bucket(3::float8, 0, 10, 5);
-- later
SELECT scale(1.230);
-- later
SELECT factorial(5);
SELECT 1 AS x WHERE 1 = 0;
SELECT (1 + 2) * 3, 1 + 2 * 3, 2 ^ 3 ^ 2, NOT 1 = 2, 1 < 2 = true, -2 ^ 2, 10 - 5 - 2;
-- wording
SELECT 0x1F;
-- wording
SELECT 1_000;
SELECT '\x414243'::bytea, 'abc'::bytea, '\x'::bytea, E'\\001'::bytea;
SELECT '\xzz'::bytea;
SELECT '{"a": 1}'::json, '{"a": 1}'::jsonb;
SELECT 'a'::varchar(3), 'abcdef'::varchar(3), 'ab'::char(4), 'abcdef'::char(3), 'a'::varchar;
SELECT 'a'::foo;
SELECT foo(1);
SELECT abs('a'::text);
SELECT abs(1, 2);
SELECT a;
SELECT "A" FROM (SELECT 1 AS a) t;
SELECT t.b FROM (SELECT 1 AS a) t;
SELECT u.a FROM (SELECT 1 AS a) t;
SELECT 1::int::text || 2, 'a' || 1, 1 || 'a', 'a' || NULL, 'x' || 1.50 || true;
SELECT 1 || 2;
-- ignore types
SELECT pg_typeof(1), pg_typeof('a'::text), pg_typeof(1.5), pg_typeof(now());
SELECT 1 WHERE NULL;
SELECT 1 WHERE 'a';
SELECT 1 WHERE 1;
SELECT -'5'::int, +'5'::numeric;
SELECT 'x' AS "?column?", 1::int4, 'a'::text, abs(-1), CASE WHEN true THEN 1 END, coalesce(1), (SELECT 1), now() IS NULL;
-- later
SELECT EXISTS (SELECT 1);
SELECT 1.10::text, 1e2::text, 0.00001::numeric::text, 1.5e-7::float8::text, true::text, '2024-01-01'::date::text;
SELECT 5::numeric(10,2)::int, '12.345'::numeric(10,2), 12.345::numeric(10,2)::float8, 1.005::float8::numeric, 0.1::float8::numeric, 1e20::float8::numeric, 0.1::real::numeric, 0.1::real::float8;
SELECT 12345678901234567890::numeric::float8, 1e30::numeric::bigint;
SELECT sum(x) FROM (VALUES (9223372036854775807), (1)) v(x);
SELECT avg(x), sum(x), min(x), max(x), count(x) FROM (VALUES (1), (2), (NULL)) v(x);
-- Overloads that leat lacks are chosen as PostgreSQL chooses them, and then refused by name.
-- later
SELECT substring('abc' from 'b.');
-- later
SELECT substring('abc', '2');
-- later
SELECT gcd(1.5, 2);
-- later
SELECT to_char(interval '1 day', 'DD');
-- later
SELECT '{"a": 1}'::jsonb || '{"b": 2}';
-- later
SELECT '{"a": 1}'::jsonb - 'a';
-- later
SELECT '\x00'::bytea LIKE '\x';
-- later
SELECT json_build_array(1);
-- later
SELECT * FROM unnest(ARRAY[1, 2]);
SELECT to_char('2024-01-15', 'YYYY');
SELECT to_hex('a'::char(3));
SELECT greatest('a'::char(3), 1);
-- NULLIF and IS DISTINCT FROM are their operands' =.
SELECT nullif('17', 2.50), nullif(1, 0.5), nullif(1, 2::bigint), nullif(1::smallint, 2), nullif(NULL, 1), nullif(1.5, 1.50::float8), nullif(1.5::real, 2);
SELECT nullif('a'::varchar(3), 'b'), nullif('a'::char(3), 'b'::text), nullif('_', 'b'::char(4)), nullif(date '2024-01-01', timestamp '2024-01-01');
SELECT nullif(x, y) FROM (VALUES (1.50, 1.5::numeric(5,3)), (2, 3), (NULL, 1), (1, NULL)) v(x, y);
SELECT 'x'::char(3) IS DISTINCT FROM 'x', 'x'::char(3) IS DISTINCT FROM 'x'::char(5), 'x'::varchar(3) IS DISTINCT FROM 'x ';
SELECT '{}'::json IS DISTINCT FROM '{}'::json;
SELECT CASE '1' WHEN 1 THEN 'a' END;
SELECT CASE x WHEN 1 THEN 'a' WHEN 2.5 THEN 'b' WHEN NULL THEN 'c' ELSE 'd' END FROM (VALUES (1), (2), (NULL)) v(x);
SELECT div('-Infinity', 1.5), div('Infinity', -2), div(7, 'Infinity');
SELECT '1.50'::jsonb -> 0, '"a"'::jsonb ->> -1, '1'::jsonb -> 1, '1'::json -> 0, '{}'::jsonb -> 0;
SELECT quote_literal(false), quote_literal(1.50);
SELECT 'NaN'::float8 / 0, 'NaN'::real / 0::real, x / y FROM (VALUES ('NaN'::float8, 0::float8), (1, 2), (0, 'inf')) v(x, y);
SELECT 1::float8 / 0;
SELECT 'ab'::char(4)::bytea, '1 '::char(3)::int, 't '::char(4)::boolean;
-- Constants of an IN list are an array of their common type, beside which other items stand alone.
SELECT 99.99 IN (0.25::real, 99.99), 16777217 IN (16777216::real, 5), 99.99::real IN (0.25, 99.99), 99.99 IN (0.25::float8, 99.99);
SELECT x IN (0.25::real, 99.99, y), x IN (y, 99.99), x NOT IN (1, 2, y), x IN (1, NULL, y) FROM (VALUES (99.99, 1), (3, 3)) v(x, y);
SELECT x IN (1, 'a', y) FROM (VALUES (1, 3)) v(x, y);
SELECT x IN (1, 2) FROM (VALUES ('1'::text)) v(x);
