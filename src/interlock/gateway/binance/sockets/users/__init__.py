"""What an exchange tells an account of its own accord: listen keys, events in the venue's shapes, who hears them."""
