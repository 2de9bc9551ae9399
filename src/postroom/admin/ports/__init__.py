"""What the admin room asks of the adapters beyond `model.ports`; a file for each subject."""
