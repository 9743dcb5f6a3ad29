"""Public benchmarks of stock movement: will the next close be higher, by the protocols that papers share."""
