"""Ports: what the administrator's services ask of the world, a module for each subject. Adapters implement them, `app` injects them.

Each change takes the line that the audit log gets, and writes it in the transaction of the change.
"""
