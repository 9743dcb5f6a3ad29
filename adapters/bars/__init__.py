"""Bars as Parquet files, wherever they lie."""
