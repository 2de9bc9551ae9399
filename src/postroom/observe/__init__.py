"""Logs, metrics, health, audit. A log line is one event on one line, without message content and without passwords."""
