"""Whether other constants of the rules would have done better, asked without looking at what they are judged on."""
