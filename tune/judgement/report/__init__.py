"""What an ensemble on record is worth, taken apart: by year, regime, sector, pattern and catalyst."""
