"""The panels of the dock, a file each: they show the state and change it."""
