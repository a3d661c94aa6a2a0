"""What the numbers of a sketch mean."""

UNLABELLED = 0
BACKGROUND = 1
FIRST_OBJECT = 2
