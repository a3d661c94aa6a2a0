"""The documentation's pictures: a function each, taken from the running plugin."""
