"""How FETCH answers are made: `plan` says which columns and in which words, `rows` writes what lies ready in them, `bodies` streams content."""
