"""The bridge: source -> network -> ledger -> decode -> sinks."""
