"""What futures have beside orders: conditional orders, margins' end, and what time does to an account."""
