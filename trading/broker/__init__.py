"""The port to a broker, orders and events, and the folds that say what a book holds."""
