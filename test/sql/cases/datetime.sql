-- Dates, times, intervals.
SELECT date '2024-01-15', time '13:05:09', timestamp '2024-01-15 13:05:09.123456', timestamptz '2024-01-15 13:05:09+02', interval '1 day 2 hours';
SELECT '2024-02-29'::date, 'January 8, 1999'::date, '1999-01-08'::date, '1/8/1999'::date, '19990108'::date, '1999.008'::date, 'epoch'::timestamp, 'infinity'::timestamp, '-infinity'::date;
SELECT '2023-02-29'::date;
SELECT '2024-13-01'::date;
SELECT 'hello'::date;
SELECT 'hello'::timestamp;
SELECT '25:00'::time;
SELECT '2024-01-15T13:05:09Z'::timestamptz, '2024-01-15 13:05:09.5-08'::timestamptz, '2024-01-15 13:05 America/New_York'::timestamptz, '2024-01-15'::timestamptz, '2024-01-15 13:05:09.1234567'::timestamp;
SELECT '04:05'::time, '04:05:06.789'::time, '040506'::time, '04:05 PM'::time, '24:00:00'::time, '2024-01-15 04:05:06'::timestamp::time;
SELECT interval '1 year 2 months 3 days 4 hours 5 minutes 6.789 seconds', interval '-1 day', interval '1-2', interval '3 4:05:06', interval 'P1Y2M3DT4H5M6S', interval '90 minutes', interval '1.5 days', interval '1 week', interval '1 day ago';
SELECT interval '5' day, interval '2:30' hour to minute, interval '1' year, interval '10' second, interval '5' minute;
SELECT interval 'hello';
SELECT date '2024-01-31' + 1, date '2024-01-31' - 1, date '2024-03-01' - date '2024-02-01', date '2024-01-31' + interval '1 month', 1 + date '2024-01-31', date '2024-01-01' + time '10:00';
SELECT timestamp '2024-01-31 10:00' + interval '1 month', timestamp '2024-03-31 10:00' - interval '1 month', timestamp '2024-03-01' - timestamp '2024-02-01 12:00', interval '1 day' * 2.5, interval '1 day' / 2, 2 * interval '1 hour', -interval '1 day 2 hours';
SELECT timestamptz '2024-01-15 10:00+00' - timestamptz '2024-01-14 09:30+00', timestamptz '2024-01-15 10:00+00' + interval '1 day', time '10:00' + interval '15 hours', time '10:00' - time '08:30', time '01:00' - interval '2 hours';
SELECT interval '1 day' + interval '1 hour', interval '1 month' - interval '1 day', interval '1 day' = interval '24 hours', interval '1 month' = interval '30 days', interval '1 month' > interval '29 days';
SELECT extract(year from date '2024-01-15'), extract(month from timestamp '2024-03-15'), extract(dow from date '2024-01-14'), extract(isodow from date '2024-01-14'), extract(doy from date '2024-12-31'), extract(week from date '2024-12-31'), extract(quarter from date '2024-05-01'), extract(epoch from timestamp '2024-01-15 00:00:00.5'), extract(hour from time '13:05'), extract(second from timestamp '2024-01-15 13:05:09.123456');
SELECT extract(epoch from interval '1 day 2 hours'), extract(day from interval '40 days'), extract(hour from interval '26 hours'), extract(milliseconds from time '00:00:01.5'), extract(microseconds from time '00:00:01.5'), extract(century from date '2024-01-01'), extract(decade from date '2024-01-01'), extract(isoyear from date '2024-12-30');
SELECT date_part('year', date '2024-01-15'), date_part('epoch', timestamptz '2024-01-15 00:00+00'), date_part('second', timestamp '2024-01-15 13:05:09.5');
SELECT extract(nothing from date '2024-01-15');
-- later
SELECT extract(hour from date '2024-01-15');
SELECT date_trunc('hour', timestamp '2024-01-15 13:05:09'), date_trunc('day', timestamptz '2024-01-15 13:05:09+00'), date_trunc('month', date '2024-01-15'), date_trunc('week', timestamp '2024-01-17'), date_trunc('quarter', timestamp '2024-05-17'), date_trunc('year', timestamp '2024-05-17');
SELECT date_trunc('minute', interval '1 hour 2 minutes 3 seconds');
-- wording
SELECT date_trunc('nothing', timestamp '2024-01-15');
SELECT date_bin('15 minutes', timestamp '2024-01-15 13:05:09', timestamp '2001-01-01'), date_bin('1 hour', timestamptz '2024-01-15 13:05:09+00', timestamptz '2001-01-01 00:30+00');
SELECT age(timestamp '2024-03-15', timestamp '2024-01-10'), age(timestamp '2024-01-10', timestamp '2024-03-15'), justify_hours(interval '27 hours'), justify_days(interval '35 days');
-- later
SELECT justify_interval(interval '1 mon -1 hour');
SELECT make_date(2024, 1, 15), make_time(13, 5, 9.5), make_timestamp(2024, 1, 15, 13, 5, 9.5), to_timestamp(1705323909.5);
-- later
SELECT make_interval(days => 10);
-- wording
SELECT make_date(2024, 2, 30);
SELECT timestamp '2024-01-15 10:00' AT TIME ZONE 'America/New_York', timestamptz '2024-01-15 10:00+00' AT TIME ZONE 'America/New_York', timestamptz '2024-07-15 10:00+00' AT TIME ZONE 'Europe/Berlin', timestamp '2024-01-15 10:00' AT TIME ZONE 'UTC', timezone('UTC', timestamp '2024-01-15 10:00');
-- wording
SELECT timestamp '2024-01-15 10:00' AT TIME ZONE 'Nowhere/City';
SELECT now() = now(), now() = current_timestamp, current_date = now()::date, now() - now() = interval '0', localtimestamp = now()::timestamp, clock_timestamp() >= now();
SELECT date '2024-01-15' < date '2024-01-16', date '2024-01-15' = timestamp '2024-01-15', timestamp '2024-01-15' < timestamptz '2024-01-16 00:00+00', date '2024-01-15' < timestamptz '2024-01-16 00:00+00', time '10:00' < time '11:00';
SELECT '2024-01-15 10:00'::timestamp::date, '2024-01-15'::date::timestamp, '2024-01-15 10:00+02'::timestamptz::date, '2024-01-15 10:00'::timestamp::timestamptz, '2024-01-15'::date::timestamptz;
SELECT interval '1 day'::text, interval '0', interval '-1 year -2 months', interval '-1 day +2 hours', interval '100 hours', interval '0.5 month', interval '1 microsecond', interval '-00:00:01';
SELECT date '0001-01-01', date '0044-03-15 BC', date '9999-12-31' + 1, timestamp '10000-01-01';
SELECT date '5874897-12-31' + 1;
-- wording
SELECT timestamp '294276-12-31 23:59:59' + interval '1 day';
SELECT timestamp '2024-01-15 10:00:00.123456'::timestamp(0), timestamp '2024-01-15 10:00:00.55'::timestamp(1), '10:00:00.5555'::time(2), timestamptz '2024-01-15 10:00:00.1239+00'::timestamptz(3);
SELECT isfinite(date '2024-01-15'), isfinite(timestamp 'infinity'), isfinite(interval '1 day'), timestamp 'infinity' > now()::timestamp;
SELECT date '2024-01-15' + 'a';
SELECT date '2024-01-15' + date '2024-01-15';
SELECT timestamp '2024-01-15' + 1;
SET TimeZone = 'America/New_York';
SELECT timestamptz '2024-01-15 10:00+00', timestamptz '2024-07-15 10:00+00', '2024-01-15 10:00'::timestamptz, timestamptz '2024-03-10 01:30-05' + interval '1 hour', timestamptz '2024-03-09 12:00-05' + interval '1 day', timestamptz '2024-03-09 12:00-05' + interval '24 hours';
SELECT date_trunc('day', timestamptz '2024-01-15 02:00+00'), extract(hour from timestamptz '2024-01-15 10:00+00'), timestamptz '2024-01-15 02:00+00'::date, to_char(timestamptz '2024-01-15 02:00+00', 'YYYY-MM-DD HH24 TZ');
SHOW TimeZone;
SET TIME ZONE 'UTC';
SET TimeZone = 'Nowhere';
SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE;
SELECT max(x), min(x), avg(y), sum(y) FROM (VALUES (date '2024-01-15', interval '1 day'), (date '2023-01-15', interval '3 hours')) v(x, y);
-- later
SELECT generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '12 hours');
-- later
SELECT d::date FROM generate_series(date '2024-01-01', date '2024-01-03', interval '1 day') d;
-- later
SELECT (timestamp '2024-01-01', timestamp '2024-01-10') OVERLAPS (timestamp '2024-01-05', timestamp '2024-01-15');
-- Zones: an abbreviation comes first, bare hours are POSIX (west), except those of SET TIME ZONE.
SELECT timestamptz '2024-01-15 10:00Z' AT TIME ZONE '+05:30', timestamptz '2024-01-15 10:00Z' AT TIME ZONE '-2', timestamptz '2024-01-15 10:00Z' AT TIME ZONE '2';
SELECT timestamptz '2024-07-15 10:00Z' AT TIME ZONE 'PST', timestamptz '2024-07-15 10:00Z' AT TIME ZONE 'cet', timestamp '2024-07-15 10:00' AT TIME ZONE 'PDT', timestamptz '2024-07-15 10:00Z' AT TIME ZONE 'z';
SELECT timestamptz '2024-07-15 10:00Z' AT TIME ZONE 'EST5EDT', timestamptz '2024-07-15 10:00 EST5EDT', timestamptz '2024-01-15 10:00 EST5EDT';
SELECT timestamptz '2024-01-15 10:00Z' AT TIME ZONE '+0530';
SELECT date_trunc('day', timestamptz '2024-07-15 10:00Z', 'PST');
SET timezone = '+05:30';
SELECT timestamptz '2024-07-15 10:00Z', to_char(timestamptz '2024-07-15 10:00Z', 'TZ OF');
SET timezone = '+02';
SELECT timestamptz '2024-07-15 10:00Z';
SET TIME ZONE 5.5;
SELECT timestamptz '2024-07-15 10:00Z';
SET TIME ZONE INTERVAL '-02:30' HOUR TO MINUTE;
SELECT timestamptz '2024-07-15 10:00Z';
RESET timezone;
SELECT interval '2024-01-15';
SELECT '2024-01-15' + interval '1 day';
-- The fields of an interval: the unit of a bare number, and the finest that stays; the digits of its seconds.
SELECT interval '1.5' day, interval '1.5 days' day, interval '25:30' hour, interval '1 year 2 months 3 days' year to month, interval '100' minute, interval '7' month, interval '1 2:03:04' day to minute;
SELECT '1.23456'::interval(2), interval '1.23456' second(3), (interval '1 day 00:00:01.5')::interval(0), '-00:00:01.5'::interval(0);
SELECT interval '' day;
SELECT interval '1 foo' year;
-- later
SELECT x::interval day FROM (VALUES (interval '25:30')) v(x);
-- later
CREATE TABLE spans (x interval year to month);
SELECT x::interval day to second FROM (VALUES (interval '25:30')) v(x);
-- A cast rounds to the digits of its type, whatever it comes from.
SELECT (timestamp '2024-02-29 12:34:56.789')::time(0), (timestamptz '2024-02-29 12:34:56.789Z')::time(2), (interval '1.55')::time(1), (timestamp '2024-02-29 12:34:56.789')::timestamptz(1), (date '2024-02-29')::timestamp(0);
SELECT '2024-01-15 10:00:00 UTC+3'::timestamptz, '2024-01-15 10:00 UTC-3:30'::timestamptz, '2024-01-15 10:00 FOO-2'::timestamptz;
SELECT u, date_trunc(u, interval '-1234 years -5 mons +45 days 25:59:58.123456'), date_trunc(u, interval '17 years 8 mons 45 days -25:59:58.123456') FROM (VALUES ('microseconds'), ('milliseconds'), ('second'), ('minute'), ('hour'), ('day'), ('month'), ('quarter'), ('year'), ('decade'), ('century'), ('millennium')) v(u);
SELECT date_trunc('week', interval '10 days');
SELECT date_trunc('dow', interval '10 days');
SELECT date_trunc('timezone', interval '10 days');
SELECT date_trunc('hour', time '10:47:12'), date_trunc('day', date '2024-01-15');
SELECT date_trunc('hour', '10:47:12');
