"""The ledger behind one Store: uplinks, receptions, sessions, readings; one writer."""
