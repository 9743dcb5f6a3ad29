"""Bars from files into the record: read, spilled by time, judged, stored; stopped and gone on with at any point."""
