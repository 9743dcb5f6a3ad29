"""Is everything there and as it should be: files against the manifest, counts against the record, the journal."""
