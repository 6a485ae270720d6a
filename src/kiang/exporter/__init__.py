"""Export of the record log: everything that the engine has decided, in order, to whoever wants to know.

An exporter is a process of its own that reads the log from the store and writes to a sink; the engine spends no time on it. It remembers
its position once the sink has what it was given, and goes on from there: each record is delivered at least once, and in order.
"""
