"""PostgreSQL: the record of decisions and money."""
