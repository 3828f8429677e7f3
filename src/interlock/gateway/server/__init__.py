"""The wire: an HTTP/1.1 server with WebSockets and limits on everything. It knows nothing of what is served."""
