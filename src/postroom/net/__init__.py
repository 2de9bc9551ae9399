"""What touches the network itself: TLS profiles, certificates, interfaces, limits. Nothing here speaks a mail protocol."""
