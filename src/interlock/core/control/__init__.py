"""Who may act: latch, arming, modes, kill switch."""
