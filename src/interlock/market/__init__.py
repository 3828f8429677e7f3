"""What the market said: recordings read into columns, books built, clocks compared, quality judged, views made."""
