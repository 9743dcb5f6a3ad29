"""What an account did, as figures: returns, risk, exposure, costs, and which trades made them."""
