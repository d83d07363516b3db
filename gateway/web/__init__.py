"""HTTP interface and pages: reads the store."""
