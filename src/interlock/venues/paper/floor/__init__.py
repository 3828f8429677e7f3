"""The matching that the in-process engine and the exchange on the wire share: it knows no accounts and no wires."""
