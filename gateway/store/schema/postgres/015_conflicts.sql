-- A further kind of alarm: a second address speaks for a gateway that goes on.

ALTER TABLE alarm DROP CONSTRAINT alarm_kind_check;
ALTER TABLE alarm ADD CONSTRAINT alarm_kind_check
    CHECK (kind IN ('mark', 'rise', 'node', 'silence', 'gateway_silence', 'conflict'));

-- Under which name an LNS knows a downlink that it was handed: its answers bear it.
ALTER TABLE downlink ADD COLUMN reference TEXT;
CREATE INDEX downlink_by_reference ON downlink (reference) WHERE reference IS NOT NULL;
