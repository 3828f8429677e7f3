"""The gate: sizing, limits, costs and exits. The only room that makes an ApprovedOrder."""
