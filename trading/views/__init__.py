"""What the models and the rules see and say of a setup."""
