"""What must be true of stored mail, how it is looked at, and what is put right: `postroom doctor`."""
