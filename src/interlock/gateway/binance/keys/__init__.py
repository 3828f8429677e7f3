"""Who may ask: API keys, signatures over the bytes as received, and the window of time a request is good for."""
