"""Speed against peers that do the same work in the same run, printed as ratios."""
