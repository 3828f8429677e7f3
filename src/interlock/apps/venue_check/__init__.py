"""A look at a venue through the client that live will use: everything is asked, and nothing is ever opened."""
