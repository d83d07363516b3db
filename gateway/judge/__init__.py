"""What readings are worth: QARTOD flags, derived series, gaps; from values to values, kept by `keeping`."""
