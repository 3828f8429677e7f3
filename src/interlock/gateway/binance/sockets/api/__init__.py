"""Requests over a WebSocket: the same endpoints as over HTTP, under other names and another signature."""
