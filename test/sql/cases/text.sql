-- Text functions, LIKE, formatting.
SELECT length('héllo'), char_length('日本'), octet_length('héllo'), bit_length('abc'), upper('abcÄ'), lower('ABC'), initcap('hello wORLD foo-bar');
SELECT substring('hello' from 2 for 3), substring('hello' from 2), substring('hello', 2, 3), substr('hello', 2), substr('hello', -1, 4), substring('hello' for 2);
SELECT substring('hello', 2, -1);
SELECT left('hello', 2), left('hello', -2), right('hello', 2), right('hello', -2), left('a', 10), right('', 2);
SELECT trim('  a  '), trim(both 'x' from 'xxaxx'), ltrim('xxa', 'x'), rtrim('axx', 'x'), trim(leading from '  a'), trim(trailing 'b' from 'abb'), btrim('xyaxy', 'yx');
SELECT position('l' in 'hello'), position('z' in 'hello'), strpos('hello', 'lo'), position('' in 'a');
SELECT replace('hello', 'l', 'LL'), translate('hello', 'el', 'ip'), translate('hello', 'l', ''), reverse('héllo'), repeat('ab', 3), repeat('a', 0), repeat('a', -1);
SELECT lpad('7', 3, '0'), rpad('7', 3), lpad('hello', 2), lpad('a', 5, 'xy'), rpad('a', 5, 'xy'), lpad('a', -1), lpad('a', 3, '');
SELECT split_part('a,b,c', ',', 2), split_part('a,b,c', ',', 4), split_part('a,b,c', ',', -1), split_part('abc', '', 1);
-- wording
SELECT split_part('a,b', ',', 0);
SELECT concat('a', NULL, 1, true), concat_ws(',', 'a', NULL, 'b', 2), concat_ws(NULL, 'a'), concat();
SELECT ascii('a'), ascii('é'), ascii(''), chr(65), chr(233), chr(8364);
-- wording
SELECT chr(0);
SELECT md5('abc'), encode('abc'::bytea, 'hex'), encode('abc'::bytea, 'base64'), encode(E'\\001\\377'::bytea, 'escape'), decode('616263', 'hex'), decode('YWJj', 'base64');
-- wording
SELECT decode('6', 'hex');
-- wording
SELECT encode('abc'::bytea, 'nothing');
-- later
SELECT sha256('abc'::bytea);
SELECT convert_from('\x6162'::bytea, 'UTF8'), convert_to('ab', 'UTF8'), to_hex(255), to_hex(-1);
SELECT starts_with('hello', 'he'), 'hello' ^@ 'he', starts_with('hello', 'lo');
SELECT quote_literal('it''s'), quote_ident('a b'), quote_ident('abc'), quote_literal(E'a\\b');
-- later
SELECT quote_nullable(NULL);
-- later
SELECT format('%s and %I and %L', 'a', 'b c', 'd''e'), format('%%'), format('%2$s %1$s', 'a', 'b'), format('%5s|%-5s|', 'a', 'b');
SELECT overlay('hello' placing 'XX' from 2 for 3), overlay('hello' placing 'XX' from 2);
SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' LIKE 'abc', 'abc' LIKE 'b%', 'a%c' LIKE 'a\%c', 'abc' LIKE 'a\%c', 'abc' NOT LIKE 'a%', '' LIKE '%', '' LIKE '_';
SELECT 'ABC' ILIKE 'abc', 'Ä' ILIKE 'ä', 'abc' LIKE 'a|%c' ESCAPE '|', 'a%c' LIKE 'a|%c' ESCAPE '|', 'héllo' LIKE 'h_llo', 'abc' LIKE '%%%c', 'aaab' LIKE '%a%b', NULL LIKE 'a', 'a' LIKE NULL;
SELECT 'abc' LIKE 'abc\';
SELECT 'abc' ~~ 'a%', 'abc' !~~ 'a%', 'ABC' ~~* 'a%', 'ABC' !~~* 'a%';
-- later
SELECT 'abc' ~ '^a.c$', 'abc' ~* 'B', 'abc' !~ 'd', 'abc' SIMILAR TO '(a|b)%';
-- later
SELECT regexp_replace('abc', 'b', 'x'), regexp_replace('aaa', 'a', 'b', 'g'), regexp_replace('hello world', '(\w+) (\w+)', '\2 \1');
-- later
SELECT to_char(1234.5, '9999.99'), to_char(1234.5, 'FM9999.00'), to_char(-5, '999'), to_char(1234567, '9,999,999'), to_char(0.5, '0.00'), to_char(12, '0000');
SELECT to_char(timestamp '2024-01-15 13:05:09.123456', 'YYYY-MM-DD HH24:MI:SS.US'), to_char(timestamp '2024-01-15 13:05:09', 'Day, DD Mon YYYY HH12:MI AM'), to_char(date '2024-01-05', 'IYYY-IW Q DDD D'), to_char(timestamp '2024-01-15 13:05:09', 'FMMonth FMDD, YY "at" HH');
-- later
SELECT to_date('15 Jan 2024', 'DD Mon YYYY'), to_timestamp('2024-01-15 10:20:30', 'YYYY-MM-DD HH24:MI:SS'), to_number('1,234.5', '9,999.9');
SELECT 'a'::text < 'B', 'é' > 'z', 'abc' < 'abcd', 'a ' = 'a', 'a '::char(3) = 'a'::char(3);
-- later
SELECT string_agg(x, ',' ORDER BY x DESC) FROM (VALUES ('b'), ('a'), ('c')) v(x);
SELECT 'abc'::text COLLATE "C" < 'b';
SELECT length(NULL), upper(NULL), 'a' || NULL || 'b', concat(NULL);
-- later
SELECT 1::text, 1.0::text, 'x'::varchar || 'y', ('a' || 'b')::varchar(1), 'a'::name;
SELECT cast('a' as text) || cast(1 as text), 'a'::bpchar;
-- later
SELECT regexp_match('foobar', 'o+');
-- later
SELECT unistr('\0041');
-- later
SELECT normalize('é');
SELECT E'\u00e9', E'\101', 'a\nb', E'a''b';
SELECT 'abc' || '' = 'abc', '' IS NULL, '' = '';
SELECT lower(upper('straße')), upper('ß'), lower('ÀÉÎ'), initcap('élan vital');
SELECT length('a'::char(5)), octet_length('a'::char(5)), 'a'::char(5) || 'b', 'abc'::char;
-- wording
SELECT convert_from('\xff'::bytea, 'UTF8');
SELECT convert_from(convert_to('héllo', 'utf-8'), 'UTF8');
