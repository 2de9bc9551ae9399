"""What operating a server is about: who is logged in to the console, how the server is, its backups, its looks."""
