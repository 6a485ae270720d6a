"""What several elements and commands do."""
