-- Not run yet: no TimescaleDB was at hand. Where the extension is installed in a new database, readings become a
-- hypertable of weekly chunks (docs.timescale.com: create_hypertable, set_integer_now_func).

CREATE FUNCTION now_ms() RETURNS BIGINT LANGUAGE SQL STABLE AS 'SELECT (extract(epoch FROM now()) * 1000)::BIGINT';
SELECT create_hypertable('reading', 'time', chunk_time_interval => 604800000);
SELECT set_integer_now_func('reading', 'now_ms');
