"""What the server's own database keeps for its services, one module per port: settings and their history, greylisting."""
