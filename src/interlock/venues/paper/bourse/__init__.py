"""The paper exchange as a process of its own: accounts, wallets and orders behind Binance's wire, and their book."""
