"""How much may be asked: request weight by address and minute, orders by account, bans."""
