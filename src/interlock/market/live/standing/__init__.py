"""Where a market stood when it was last shown, and how a feed goes on from there."""
