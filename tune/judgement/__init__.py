"""What models are worth on setups that they had not seen."""
