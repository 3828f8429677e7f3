"""The exchange over WebSockets: market streams, an account's events, and the requests of the WebSocket API."""
