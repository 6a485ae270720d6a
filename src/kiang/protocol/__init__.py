"""Words that every part of Kiang shares: commands, events, keys, enums. No behaviour."""
