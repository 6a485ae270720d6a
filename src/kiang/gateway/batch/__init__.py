"""Batch operations: one command for each of many process instances, with progress, suspension and cancellation.

rows     what is kept about an operation and its items, and how searches see them
store    keeps them in a file of their own beside the store, so that they go on after a restart
kinds    the command for an item of each kind
runner   works through the items, as fast as the broker takes them
"""
