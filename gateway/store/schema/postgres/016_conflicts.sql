-- A further kind of alarm: a second address speaks for a gateway that goes on.

ALTER TABLE alarm DROP CONSTRAINT alarm_kind_check;
ALTER TABLE alarm ADD CONSTRAINT alarm_kind_check
    CHECK (kind IN ('mark', 'rise', 'node', 'silence', 'gateway_silence', 'conflict'));
