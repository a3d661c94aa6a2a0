"""The dock *Cells*: a table of the cells that are shown, plots, and gates."""
