"""The queue's rows in the server's database.

Rules of this room: what was accepted is durable before anybody hears of it; a recipient is tried by the owner of its lease alone; a message goes with its
last recipient, its file after the commit.
"""
