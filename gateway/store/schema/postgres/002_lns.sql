-- Uplinks that an LNS (ChirpStack, The Things Stack) has checked and decrypted: their sessions have no keys here but
-- a source and a route back, their frames no PHY bytes; not every LNS tells address, radio settings and counter.

ALTER TABLE device
    DROP CONSTRAINT device_activation_check,
    ADD CHECK (activation IN ('otaa', 'abp', 'lns'));

ALTER TABLE session
    ALTER dev_addr DROP NOT NULL,
    ALTER nwk_s_key DROP NOT NULL,
    ALTER app_s_key DROP NOT NULL,
    ADD source TEXT,                               -- the [[source]] of an LNS; NULL for our own sessions
    ADD route TEXT,                                -- the topic under which that LNS takes downlinks
    ADD CHECK (CASE WHEN source IS NULL THEN dev_addr IS NOT NULL AND nwk_s_key IS NOT NULL AND app_s_key IS NOT NULL
               ELSE nwk_s_key IS NULL AND app_s_key IS NULL AND route IS NOT NULL END);

ALTER TABLE uplink ALTER dev_addr DROP NOT NULL;

ALTER TABLE reception
    ALTER frequency_hz DROP NOT NULL,
    ALTER data_rate DROP NOT NULL,
    ALTER tmst DROP NOT NULL;
