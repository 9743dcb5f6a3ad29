"""What a training looks for before it learns anything: rows that know what they can't."""
