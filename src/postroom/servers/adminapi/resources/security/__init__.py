"""Routes of the security pages."""
