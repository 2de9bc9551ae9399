"""What is true only while the server runs, shared by its processes: who is connected, wrong passwords of late, counters.

One small database that is made anew at each start and never synced; nothing of it matters after a crash.
"""
