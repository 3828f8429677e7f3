"""What passes between rooms: commands (asked), observations (told), events (decided), effects (to do), and policy."""
